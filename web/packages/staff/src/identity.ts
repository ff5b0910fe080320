/**
 * Signing in through the government's identity provider: out to it, and back with its answer.
 *
 * The key of the question stays in this tab and never stands in an address; what the provider
 * sends the browser back with is worthless without it. An answer to a question that this tab did
 * not ask is not sent on: somebody else's sign-in must not become ours.
 */
import type { IdentityQuestion, SessionView } from "@gridpass/api";
import { askIdentityProvider, signInWithIdentity } from "./calls";
import { type Returned, returned } from "./returned";

const KEPT = "gridpass.question";

/** Asks a question, keeps its key and goes to the provider. */
export async function leave(): Promise<void> {
  const question = await askIdentityProvider();
  sessionStorage.setItem(KEPT, JSON.stringify({ state: question.state, key: question.key }));
  location.assign(question.url);
}

/** Takes the answer out of the address, so that neither a reload nor a bookmark sends it again. */
export function takeReturned(): Returned | null {
  const answer = returned(location.search);
  if (answer) history.replaceState(history.state, "", location.pathname + location.hash);
  return answer;
}

/** The session that the answer opens; null when it is the provider's no, or not ours. */
export async function comeBack(answer: Returned): Promise<SessionView | null> {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null") as Pick<IdentityQuestion, "state" | "key"> | null;
  sessionStorage.removeItem(KEPT);
  if (answer.code === null || kept?.state !== answer.state) return null;
  return signInWithIdentity(answer.code, kept.state, kept.key);
}
