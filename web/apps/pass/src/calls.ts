/** The few operations a holder's phone calls, named as the server names them. */
import type { Colour } from "@gridpass/ui/shapes";
import { send, sendJson } from "@gridpass/kit/problem";

export interface PassView {
  pass_serial: number;
  name: string;
  document_masked: string;
  residence: string | null;
  workplace: string | null;
  colour: Colour;
  reason: string;
  message_zh: string;
  message_en: string;
  rule: string;
  rule_set_version: number;
  decided_at: string;
  valid_until: string | null;
  has_photo: boolean;
  dependants: PassView[];
}

export interface Applicant {
  name: string;
  document_type: string;
  document_number: string;
  phone?: string;
  enclosure_id?: number;
}

export interface Enrolled {
  holder_token: string;
  expires_at: string;
  pass: PassView;
}

export interface CredentialView {
  credential: string;
  mac_key: string;
  issued_at: string;
  expires_at: string;
  server_time: string;
}

export interface PublicEnclosure {
  enclosure_id: number;
  name: string;
}

export type Action = "pass" | "check" | "stop";
export interface GateScanned {
  action: Action;
  colour: Colour;
  message_zh: string;
  message_en: string;
}

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

export const addDependant = (token: string, body: Applicant, key: string): Promise<PassView> =>
  sendJson(`${api}pass/dependants`, { token, body, headers: { "idempotency-key": key } });

export const scanGateCode = (
  token: string,
  body: { gate_code: string; direction: "in" | "out"; at: string },
): Promise<GateScanned> => sendJson(`${api}gate-scans`, { token, body });

export const findPublicEnclosures = (query: string): Promise<PublicEnclosure[]> =>
  sendJson(`${api}enclosures/public?query=${encodeURIComponent(query)}`);
