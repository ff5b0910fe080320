/** The few operations a holder's phone calls, named as the server names them. */
import type {
  Action,
  CredentialView,
  Decision,
  Enrolled,
  LookPage,
  LookView,
  NewGateCodeScan,
  NoticeView,
  PassView,
} from "@gridpass/api";
import { send, sendJson } from "@gridpass/kit/problem";

export type { Action, CredentialView, Enrolled, LookView, PassView };

export const api = "/api/v1/";

export const getPass = (token: string): Promise<PassView> => sendJson(`${api}pass`, { token });

export const issueCredential = (token: string, public_key: string): Promise<CredentialView> =>
  sendJson(`${api}pass/credential`, { token, body: { public_key } });

export const putOwnPhoto = (token: string, body: Blob): Promise<Response> =>
  send(`${api}pass/photo`, { token, method: "PUT", body, timeout_ms: 60_000 });

export const getOwnPhoto = async (token: string): Promise<Blob> =>
  (await send(`${api}pass/photo`, { token })).blob();

export const listOwnNotices = (token: string): Promise<NoticeView[]> => sendJson(`${api}pass/notices`, { token });

export const scanGateCode = (token: string, body: NewGateCodeScan): Promise<Decision> =>
  sendJson(`${api}gate-scans`, { token, body });

export const listOwnLookups = (token: string): Promise<LookPage> => sendJson(`${api}pass/lookups`, { token });
