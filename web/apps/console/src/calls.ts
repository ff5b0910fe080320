/** The operations the console calls, named as the server names them. */
import type { AlertPage, AlertView, DivisionView, LiveStats, PeopleStats, SessionView } from "@gridpass/api";
import { send, sendJson } from "@gridpass/kit/problem";
import { session } from "./session";

const api = "/api/v1/";
const DIVISIONS_MAX = 1000;
const PAGES_MAX = 20;
const ALERTS_MAX = 1000;
const get = <T>(path: string): Promise<T> => sendJson<T>(api + path, { token: session.token });

export const signIn = (username: string, password: string): Promise<SessionView> =>
  sendJson(`${api}sessions`, { body: { username, password } });

export const signOut = (): Promise<Response> =>
  send(`${api}sessions/current`, { method: "DELETE", token: session.token });

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

export const listAlerts = (prefix: string): Promise<AlertPage> =>
  get(`alerts?prefix=${prefix}&limit=${ALERTS_MAX}`);

export const acceptAlert = (alert: AlertView): Promise<unknown> =>
  send(`${api}alerts/${alert.person_id}/${alert.alert_id}/accept`, { method: "POST", token: session.token });
