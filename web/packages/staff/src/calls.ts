/** Operations around a session, named as the server names them. */
import type {
  AccountView,
  IdentityQuestion,
  NewFactorView,
  ProviderView,
  RecoveryCodesView,
  SessionView,
  TenDontsView,
} from "@gridpass/api";
import { send, sendJson } from "@gridpass/kit/problem";
import { session } from "./session";

const api = "/api/v1/";
/** The server asks the provider meanwhile, which may take its time. */
const PROVIDER_MS_MAX = 30_000;

export const get = <T>(path: string): Promise<T> => sendJson<T>(api + path, { token: session.token });
export const post = <T>(path: string, body: unknown = {}): Promise<T> =>
  sendJson<T>(api + path, { token: session.token, body });
export const put = <T>(path: string, body: unknown): Promise<T> =>
  sendJson<T>(api + path, { token: session.token, body, method: "PUT" });
export const put204 = (path: string, body: unknown): Promise<Response> =>
  send(api + path, { token: session.token, body, method: "PUT" });
export const post204 = (path: string, body: unknown = {}): Promise<Response> =>
  send(api + path, { token: session.token, body });
export const remove = (path: string): Promise<Response> =>
  send(api + path, { token: session.token, method: "DELETE" });

export const signIn = (username: string, password: string): Promise<SessionView> =>
  sendJson(`${api}sessions`, { body: { username, password } });

export const getIdentityProvider = (): Promise<ProviderView> => sendJson(`${api}identity-provider`);

export const askIdentityProvider = (): Promise<IdentityQuestion> =>
  sendJson(`${api}identity-provider/questions`, { body: {}, timeout_ms: PROVIDER_MS_MAX });

export const signInWithIdentity = (code: string, state: string, key: string): Promise<SessionView> =>
  sendJson(`${api}identity-provider/sessions`, { body: { code, state, key }, timeout_ms: PROVIDER_MS_MAX });

export const signOut = (): Promise<Response> =>
  send(`${api}sessions/current`, { method: "DELETE", token: session.token });

export const getMe = (): Promise<AccountView> => get("me");
export const presentSecondFactor = (code: string): Promise<AccountView> =>
  post("sessions/current/second-factor", { code });
export const beginSecondFactor = (): Promise<NewFactorView> => post("me/second-factor");
export const confirmSecondFactor = (code: string): Promise<RecoveryCodesView> =>
  post("me/second-factor/confirm", { code });
export const changePassword = (current: string, password: string): Promise<unknown> =>
  put204("me/password", { current, password });
export const getTenDonts = (): Promise<TenDontsView> => get("me/ten-donts");
export const confirmTenDonts = (version: number): Promise<unknown> => post204("me/ten-donts", { version });
export const chooseGrant = (grant_id: number): Promise<AccountView> => put("sessions/current/grant", { grant_id });
