/**
 * Who is signed in, for as long as this tab lives.
 *
 * Session storage rather than local: a shared computer in an office forgets with the tab.
 */
import type { AccountView, SessionView } from "@gridpass/api";
import { reactive } from "vue";

const KEPT = "gridpass.session";
export type Kept = Pick<SessionView, "token" | "account">;
const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null") as Kept | null;

export const session = reactive({
  token: kept?.token ?? "",
  account: (kept?.account ?? null) as AccountView | null,
});

export const keeping = {
  /** Whether this tab keeps the session in the clear. An app with a sealed drawer keeps it there. */
  inTab: true,
  /** Whether it stays known who works once the session has run out: an open drawer works on under its lock. */
  account: false,
};

/** Takes a new session over, or with null ends the one there is. */
export function setSession(view: Kept | null): void {
  session.token = view?.token ?? "";
  session.account = view?.account ?? null;
  if (view && keeping.inTab) sessionStorage.setItem(KEPT, JSON.stringify({ token: view.token, account: view.account }));
  else sessionStorage.removeItem(KEPT);
}

/** The session ran out: the server takes nothing until somebody signs in. */
export function runOut(): void {
  if (keeping.account && session.account) session.token = "";
  else setSession(null);
}

/** Takes over what the server now says of the account: what is missing, which grant acts. */
export function setAccount(account: AccountView): void {
  setSession({ token: session.token, account });
}
