/**
 * Where readings wait until the server has them: sealed on this phone.
 *
 * The drawer is the worker's own and opens with the session; without one nobody reads what lies in
 * it. It is never made anew over what is unsent.
 */
import { deviceShelf, openVault, type Queue, type Vault } from "@gridpass/kit/vault";
import { session } from "@gridpass/staff/session";

const IDLE_MS = 12 * 3_600_000;
let held: { token: string; vault: Vault } | null = null;

/** The open drawer of whoever is signed in. */
async function drawer(): Promise<Vault> {
  const staff_id = session.account?.staff_id;
  if (!staff_id || !session.token) throw new Error("nobody is signed in");
  if (held?.token === session.token && held.vault.open) return held.vault;
  // One drawer a session: what another session left lies in its own, under its own secret.
  const name = `gridpass-response-${staff_id}-${session.account?.grant_id ?? 0}-${session.token.slice(-12)}`;
  const vault = openVault(deviceShelf(name), { idle_ms: IDLE_MS, rounds: 1 });
  const who = { worker: "session", secret: session.token };
  if (await vault.exists()) await vault.unlock(who);
  else await vault.create(who);
  held = { token: session.token, vault };
  return vault;
}

/** A queue of this name. */
export const queueOf = async <T>(name: string): Promise<Queue<T>> => (await drawer()).queue<T>(name);
