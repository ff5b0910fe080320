/** The few operations a holder's phone calls, named as the server names them. */
import type {
  Action,
  CredentialView,
  Decision,
  Enrolled,
  NewGateCodeScan,
  NoticeView,
  PassView,
} from "@gridpass/api";
import { send, sendJson } from "@gridpass/kit/problem";

export type { Action, CredentialView, Enrolled, PassView };

export const api = "/api/v1/";

export const getPass = (token: string): Promise<PassView> => sendJson(`${api}pass`, { token });

/** `pass_serial` names a dependant without a phone of their own. */
export const issueCredential = (token: string, public_key: string, pass_serial?: number): Promise<CredentialView> =>
  sendJson(`${api}pass/credential`, { token, body: { public_key, pass_serial } });

export const putOwnPhoto = (token: string, body: Blob): Promise<Response> =>
  send(`${api}pass/photo`, { token, method: "PUT", body, timeout_ms: 60_000 });

export const getOwnPhoto = async (token: string): Promise<Blob> =>
  (await send(`${api}pass/photo`, { token })).blob();

export const listOwnNotices = (token: string): Promise<NoticeView[]> => sendJson(`${api}pass/notices`, { token });

export const endOwnPhone = (token: string): Promise<Response> => send(`${api}pass/phone`, { token, method: "DELETE" });
export const scanGateCode = (token: string, body: NewGateCodeScan): Promise<Decision> =>
  sendJson(`${api}gate-scans`, { token, body });

