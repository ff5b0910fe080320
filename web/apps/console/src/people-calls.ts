/** What the console asks about people, and does with their quarantine. */
import type {
  DocumentType,
  ExplainedDecision,
  FactPage,
  Glass,
  LookupPage,
  NumberClaim,
  NumberClaimDecision,
  NewGlass,
  NewProposal,
  OrderPage,
  OrderRelease,
  OrderStatus,
  PersonScanPage,
  PersonView,
  NewPapers,
  PaperPassView,
  PapersView,
  Proposal,
  ProposalPage,
  QuarantineOrder,
  VisitPage,
  VisitStatus,
} from "@gridpass/api";
import { send, sendJson } from "@gridpass/kit/problem";
import { session } from "./session";

const api = "/api/v1/";
const FACTS_MAX = 1000;
const LISTED_MAX = 200;
const LOOKS_MAX = 50;
const SCANS_MAX = 100;
const get = <T>(path: string): Promise<T> => sendJson<T>(api + path, { token: session.token });
const post = <T>(path: string, body: unknown = {}): Promise<T> =>
  sendJson<T>(api + path, { token: session.token, body });

export const findByDocument = (document_type: DocumentType, document_number: string): Promise<PersonView> =>
  post("people/search", { document_type, document_number });
export const findByPass = (pass_serial: number): Promise<PersonView> => post("people/search", { pass_serial });
export const getPerson = (person_id: number): Promise<PersonView> => get(`people/${person_id}`);
export const getPhoto = async (person_id: number): Promise<Blob> =>
  (await send(`${api}people/${person_id}/photo`, { token: session.token })).blob();

export const getDecision = (person_id: number): Promise<ExplainedDecision> => get(`people/${person_id}/decision`);
export const listFacts = (person_id: number): Promise<FactPage> => get(`people/${person_id}/facts?limit=${FACTS_MAX}`);
export const listPersonScans = (person_id: number): Promise<PersonScanPage> =>
  get(`people/${person_id}/scans?limit=${SCANS_MAX}`);
export const listLookups = (person_id: number): Promise<LookupPage> =>
  get(`people/${person_id}/lookups?limit=${LOOKS_MAX}`);
export const listPersonVisits = (person_id: number, status: VisitStatus): Promise<VisitPage> =>
  get(`visits?person_id=${person_id}&status=${status}`);

/** The document has been seen; the number before no longer counts. */
export const putPersonPhone = (person_id: number, phone: string): Promise<Response> =>
  send(`${api}people/${person_id}/phone`, { token: session.token, method: "PUT", body: { phone } });

/** Numbers that two people gave, this person being one of them. */
export const listNumberClaims = (person_id: number): Promise<NumberClaim[]> => get(`people/${person_id}/number-claims`);
export const decideNumberClaim = (person_id: number, body: NumberClaimDecision): Promise<unknown> =>
  post(`people/${person_id}/number-claims`, body);

export const openBreakGlass = (body: NewGlass): Promise<Glass> => post("break-glass", body);

/** Orders below a division; of one person where a number is given. */
export function listOrders(status: OrderStatus, prefix: string, person_id?: number): Promise<OrderPage> {
  const query = new URLSearchParams({ status, limit: String(LISTED_MAX) });
  if (prefix) query.set("prefix", prefix);
  if (person_id !== undefined) query.set("person_id", String(person_id));
  return get(`quarantine-orders?${query}`);
}
export const releaseOrder = (order: QuarantineOrder, how: OrderRelease): Promise<unknown> =>
  post(`quarantine-orders/${order.person_id}/${order.order_id}/release`, how);

export const createPaperPass = (person_id: number): Promise<PaperPassView> => post(`people/${person_id}/paper-passes`);
export const createPaperPasses = (home: NewPapers): Promise<PapersView> => post("paper-passes", home);

export const proposeRed = (body: NewProposal): Promise<Proposal> => post("red-proposals", body);
/** Open proposals; of one person where a number is given. */
export const listProposals = (person_id?: number): Promise<ProposalPage> =>
  get(`red-proposals?limit=${LISTED_MAX}${person_id === undefined ? "" : `&person_id=${person_id}`}`);
