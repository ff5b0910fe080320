/** The few operations a holder's phone calls, named as the server names them. */
import type {
  Action,
  Applicant,
  CredentialView,
  Decision,
  Enrolled,
  NewDependant,
  NewGateCodeScan,
  PassView,
  PublicEnclosure,
} from "@gridpass/api";
import { send, sendJson } from "@gridpass/kit/problem";

export type { Action, Applicant, CredentialView, Enrolled, NewDependant, PassView };

const api = "/api/v1/";

export const enrolPerson = (body: Applicant, key: string): Promise<Enrolled> =>
  sendJson(`${api}people/enrol`, { body, headers: { "idempotency-key": key } });

export const getPass = (token: string): Promise<PassView> => sendJson(`${api}pass`, { token });

export const issueCredential = (token: string, public_key: string): Promise<CredentialView> =>
  sendJson(`${api}pass/credential`, { token, body: { public_key } });

export const putOwnPhoto = (token: string, body: Blob): Promise<Response> =>
  send(`${api}pass/photo`, { token, method: "PUT", body, timeout_ms: 60_000 });

export const getOwnPhoto = async (token: string): Promise<Blob> =>
  (await send(`${api}pass/photo`, { token })).blob();

export const addDependant = (token: string, body: NewDependant, key: string): Promise<PassView> =>
  sendJson(`${api}pass/dependants`, { token, body, headers: { "idempotency-key": key } });

export const scanGateCode = (token: string, body: NewGateCodeScan): Promise<Decision> =>
  sendJson(`${api}gate-scans`, { token, body });

export const findPublicEnclosures = (query: string): Promise<PublicEnclosure[]> =>
  sendJson(`${api}enclosures/public?query=${encodeURIComponent(query)}`);
