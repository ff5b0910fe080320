/** The operations of the response team, named as the server names them. */
import type {
  AlertNotice,
  AlertOutcome,
  AlertPage,
  AlertStep,
  AlertView,
  CheckedPaper,
  DiaryView,
  IssuedPaper,
  IssuedPaperPage,
  NeedPage,
  NeedRefusal,
  NeedView,
  NewCheck,
  NewNeed,
  NewOpening,
  NewPaper,
  NewProposal,
  ObservedPage,
  OpeningPage,
  OpeningView,
  OrderPage,
  OrderRelease,
  OrderStep,
  PaperView,
  PersonView,
  Proposal,
  ProposalPage,
  QuarantineOrder,
  RecordedCheck,
} from "@gridpass/api";
import { sendJson } from "@gridpass/kit/problem";
import { get, post, post204 } from "@gridpass/staff/calls";
import { session } from "@gridpass/staff/session";

const api = "/api/v1/";
const LISTED_MAX = 500;

export const listAlerts = (): Promise<AlertPage> => get(`alerts?limit=${LISTED_MAX}`);
export const listAlertNotices = (): Promise<AlertNotice[]> => get("alert-notices");
/** Takes an alert, or says anew when one is there; `expected_at` is what a gate is told. */
export const acceptAlert = ({ person_id, alert_id }: AlertView, expected_at?: string): Promise<AlertView> =>
  post(`alerts/${person_id}/${alert_id}/accept`, expected_at === undefined ? {} : { expected_at });
export const arriveAtAlert = ({ person_id, alert_id }: AlertView): Promise<AlertView> => post(`alerts/${person_id}/${alert_id}/arrive`);
export const closeAlert = ({ person_id, alert_id }: AlertView, outcome: AlertOutcome): Promise<AlertView> =>
  post(`alerts/${person_id}/${alert_id}/close`, { outcome });
export const listAlertSteps = ({ person_id, alert_id }: AlertView): Promise<AlertStep[]> => get(`alerts/${person_id}/${alert_id}/steps`);

export const listObserved = (): Promise<ObservedPage> => get(`observation?limit=${LISTED_MAX}`);
export const getDiary = (person_id: number): Promise<DiaryView> => get(`people/${person_id}/daily-checks`);
/** The same instant, and the same key, is the same check, however often it is sent. */
export const recordCheck = (person_id: number, check: NewCheck, key: string): Promise<RecordedCheck> =>
  sendJson(`${api}people/${person_id}/daily-checks`, {
    token: session.token,
    body: check,
    headers: { "idempotency-key": key },
  });

export const listNeeds = (): Promise<NeedPage> => get(`needs?limit=${LISTED_MAX}`);
export const acceptNeed = ({ person_id, need_id }: NeedView): Promise<NeedView> => post(`needs/${person_id}/${need_id}/accept`);
export const deliverNeed = ({ person_id, need_id }: NeedView): Promise<NeedView> => post(`needs/${person_id}/${need_id}/deliver`);
export const refuseNeed = ({ person_id, need_id }: NeedView, refusal: NeedRefusal): Promise<NeedView> =>
  post(`needs/${person_id}/${need_id}/refuse`, { refusal });

export const listOpenings = (): Promise<OpeningPage> => get(`door-openings?limit=${LISTED_MAX}`);
/** In the name of somebody who cannot do it on a phone; the same key is the same request. */
export const askNeed = (person_id: number, need: NewNeed, key: string): Promise<NeedView> =>
  sendJson(`${api}people/${person_id}/needs`, { token: session.token, body: need, headers: { "idempotency-key": key } });
export const announceOpening = (person_id: number, opening: NewOpening, key: string): Promise<OpeningView> =>
  sendJson(`${api}people/${person_id}/door-openings`, {
    token: session.token,
    body: opening,
    headers: { "idempotency-key": key },
  });
export const withdrawOpening = ({ person_id, opening_id }: OpeningView): Promise<Response> =>
  post204(`door-openings/${person_id}/${opening_id}/withdraw`);

export const listOrders = (status: "live" | "released"): Promise<OrderPage> =>
  get(`quarantine-orders?status=${status}&limit=${LISTED_MAX}`);
export const listOrderSteps = ({ person_id, order_id }: QuarantineOrder): Promise<OrderStep[]> =>
  get(`quarantine-orders/${person_id}/${order_id}/steps`);
export const releaseQuarantine = (
  { person_id, order_id }: QuarantineOrder,
  how: OrderRelease,
): Promise<unknown> => post(`quarantine-orders/${person_id}/${order_id}/release`, how);

export const proposeRed = (body: NewProposal): Promise<Proposal> => post("red-proposals", body);
export const listProposals = (): Promise<ProposalPage> => get(`red-proposals?limit=${LISTED_MAX}`);
export const confirmRed = ({ person_id, proposal_id }: Proposal): Promise<unknown> =>
  post(`red-proposals/${person_id}/${proposal_id}/confirm`);
export const refuseRed = ({ person_id, proposal_id }: Proposal): Promise<unknown> =>
  post(`red-proposals/${person_id}/${proposal_id}/refuse`);

export const getPerson = (person_id: number): Promise<PersonView> => get(`people/${person_id}`);
export const findByDocument = (document_number: string): Promise<PersonView> =>
  post("people/search", { document_type: "resident_id", document_number });

export const issuePaper = (paper: NewPaper, key: string): Promise<PaperView> =>
  sendJson(`${api}papers`, { token: session.token, body: paper, headers: { "idempotency-key": key } });
export const listPapers = (): Promise<IssuedPaperPage> => get(`papers?limit=${LISTED_MAX}`);
export const getPaper = (person_id: number, paper_id: number): Promise<PaperView> => get(`papers/${person_id}/${paper_id}`);
export const withdrawPaper = ({ person_id, paper_id }: IssuedPaper): Promise<Response> =>
  post204(`papers/${person_id}/${paper_id}/withdraw`);
export const checkPaper = (serial: string): Promise<CheckedPaper> => post("papers/check", { serial });
