/** The operations the console calls, named as the server names them. */
import type {
  AlertPage,
  AlertView,
  AuditPage,
  DivisionView,
  EmployerDetail,
  EmployerPage,
  EnclosurePage,
  EnclosureView,
  FindingPage,
  Glass,
  GlassPage,
  GrantInput,
  GrantView,
  HandOverInput,
  LiveStats,
  LookupFinding,
  NewStaff,
  PeopleStats,
  RiskAreaChangePage,
  RiskAreaList,
  RecoveryCodesView,
  SessionRow,
  SignInRow,
  StaffPage,
  StaffView,
} from "@gridpass/api";
import { send, sendJson } from "@gridpass/kit/problem";
import { get, post, post204, put, put204, remove } from "@gridpass/staff/calls";
import { session } from "./session";

export { chooseGrant, getIdentityProvider, getMe, signOut } from "@gridpass/staff/calls";

const api = "/api/v1/";
const DIVISIONS_MAX = 1000;
const PAGES_MAX = 20;
const ALERTS_MAX = 1000;
const STAFF_MAX = 500;
const RISK_CHANGES_MAX = 20;

export const getPeopleStats = (division: string): Promise<PeopleStats> =>
  get(`stats/people?division=${division}`);

export const getLiveStats = (division: string): Promise<LiveStats> => get(`stats/live?division=${division}`);

/** Divisions whose code begins with a prefix, in order of code: all of them, page by page. */
export async function listDivisions(prefix: string): Promise<DivisionView[]> {
  const found: DivisionView[] = [];
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const after = found.at(-1)?.code ?? "";
    const page = await get<DivisionView[]>(
      `divisions?prefix=${prefix}&after=${after}&limit=${DIVISIONS_MAX}`,
    );
    found.push(...page);
    if (page.length < DIVISIONS_MAX) break;
  }
  return found;
}

/** Enclosures of the jurisdiction by a part of their name, below a division if asked. */
export const searchEnclosures = (name: string, prefix: string, limit: number): Promise<EnclosurePage> =>
  get(`enclosures?name=${encodeURIComponent(name)}&prefix=${prefix}&limit=${limit}`);
export const getEnclosure = (enclosure_id: number): Promise<EnclosureView> => get(`enclosures/${enclosure_id}`);

/** The same of employers. */
export const searchEmployers = (name: string, prefix: string, limit: number): Promise<EmployerPage> =>
  get(`employers?name=${encodeURIComponent(name)}&prefix=${prefix}&limit=${limit}`);
export const getEmployer = (employer_id: number): Promise<EmployerDetail> => get(`employers/${employer_id}`);

export const listAlerts = (prefix: string): Promise<AlertPage> =>
  get(`alerts?prefix=${prefix}&limit=${ALERTS_MAX}`);

export const acceptAlert = (alert: AlertView): Promise<unknown> =>
  send(`${api}alerts/${alert.person_id}/${alert.alert_id}/accept`, { body: {}, token: session.token });

/** Entries of the audit log, newest first; empty conditions are left out. */
export function searchAuditEntries(wanted: Record<string, string | undefined>): Promise<AuditPage> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(wanted)) if (value) query.set(name, value);
  return get(`audit/entries?${query}`);
}

export const listLookupFindings = (status: string): Promise<FindingPage> => get(`lookup-findings?status=${status}`);

export const resolveLookupFinding = (id: number, status: string, note: string): Promise<LookupFinding> =>
  sendJson(`${api}lookup-findings/${id}/resolve`, { body: { status, note }, token: session.token });

export const listRiskAreas = (): Promise<RiskAreaList> => get("risk-areas");
/** The list takes the place of the one of its version. */
export const putRiskAreas = (list: RiskAreaList): Promise<RiskAreaList> => put("risk-areas", list);
export const listRiskAreaChanges = (after?: number | null): Promise<RiskAreaChangePage> =>
  get(`risk-areas/changes?limit=${RISK_CHANGES_MAX}${after ? `&after=${after}` : ""}`);

// One's own account.
export const renewRecoveryCodes = (): Promise<RecoveryCodesView> => post("me/recovery-codes");
export const listOwnSessions = (): Promise<SessionRow[]> => get("me/sessions");
export const endOwnSession = (session_id: number): Promise<unknown> => remove(`me/sessions/${session_id}`);
export const endOtherSessions = (): Promise<unknown> => remove("me/sessions");
export const listOwnSignIns = (): Promise<SignInRow[]> => get("me/sign-ins");
export const listHandOvers = (): Promise<GrantView[]> => get("me/hand-overs");
export const handOverGrant = (grant_id: number, input: HandOverInput): Promise<unknown> =>
  post(`me/grants/${grant_id}/hand-over`, input);
export const endHandOver = (grant_id: number): Promise<unknown> => remove(`me/hand-overs/${grant_id}`);

// Other people's accounts, for the security administrator.
export async function listStaff(): Promise<StaffView[]> {
  const found: StaffView[] = [];
  let after = 0;
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const page = await get<StaffPage>(`staff?after=${after}&limit=${STAFF_MAX}`);
    found.push(...page.items);
    if (page.next === undefined || page.next === null) break;
    after = page.next;
  }
  return found;
}
export const getStaff = (staff_id: number): Promise<StaffView> => get(`staff/${staff_id}`);
export const createStaff = (input: NewStaff): Promise<StaffView> => post("staff", input);
export const closeStaff = (staff_id: number): Promise<unknown> => remove(`staff/${staff_id}`);
export const unlockStaff = (staff_id: number): Promise<unknown> => post204(`staff/${staff_id}/unlock`);
export const resetPassword = (staff_id: number, password: string): Promise<unknown> =>
  put204(`staff/${staff_id}/password`, { password });
export const linkIdentity = (staff_id: number, subject: string | null): Promise<unknown> =>
  put204(`staff/${staff_id}/identity`, { subject });
export const resetSecondFactor = (staff_id: number): Promise<unknown> => remove(`staff/${staff_id}/second-factor`);
export const listStaffSessions = (staff_id: number): Promise<SessionRow[]> => get(`staff/${staff_id}/sessions`);
export const endStaffSessions = (staff_id: number): Promise<unknown> => remove(`staff/${staff_id}/sessions`);
export const listStaffSignIns = (staff_id: number): Promise<SignInRow[]> => get(`staff/${staff_id}/sign-ins`);
export const grantRole = (staff_id: number, input: GrantInput): Promise<unknown> =>
  post(`staff/${staff_id}/grants`, input);
export const endGrant = (staff_id: number, grant_id: number): Promise<unknown> =>
  remove(`staff/${staff_id}/grants/${grant_id}`);

/** Those that no supervisor has looked at. */
export const listBreakGlass = (): Promise<GlassPage> => get("break-glass?reviewed=false");

export const reviewBreakGlass = (glass: Glass): Promise<unknown> =>
  send(`${api}break-glass/${glass.person_id}/${glass.glass_id}/review`, { method: "POST", token: session.token });
