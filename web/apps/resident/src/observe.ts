/** Being under observation, as the person sees it: the operations, and what is open today. */
import type { CheckSymptom, NeedView, OpeningView, OwnObservation } from "@gridpass/api";
import { sendJson } from "@gridpass/kit/problem";
import { token } from "./holder";

const api = "/api/v1/pass/observation";
const post = <T>(path: string, body: unknown, key: string): Promise<T> =>
  sendJson<T>(`${api}/${path}`, { token: token(), body, headers: { "idempotency-key": key } });

export const getOwnObservation = (): Promise<OwnObservation[]> => sendJson(api, { token: token() });
/** The same key is the same check, request or opening, also after a lost answer. */
export const recordOwnCheck = (pass_serial: number | null, check: { temperature: number; symptoms: CheckSymptom[] }, key: string): Promise<unknown> =>
  post("checks", { pass_serial, ...check }, key);
export const askOwnNeed = (pass_serial: number | null, need: { kind: NeedView["kind"]; note?: string }, key: string): Promise<NeedView> =>
  post("needs", { pass_serial, ...need }, key);
/** From now on, for as long as the server allows unasked. */
export const announceOwnOpening = (pass_serial: number | null, purpose: OpeningView["purpose"], key: string): Promise<OpeningView> =>
  post("openings", { pass_serial, purpose }, key);
export const withdrawOwnOpening = ({ opening_id }: OpeningView): Promise<void> =>
  sendJson(`${api}/openings/${opening_id}/withdraw`, { token: token(), body: {} });

/** Whether a check is asked for now and is not there. */
export const isAsked = ({ morning, evening }: OwnObservation): boolean =>
  [morning, evening].some(({ state }) => state === "missing" || state === "late");
