/**
 * Where readings wait until the server has them: sealed on this phone, one drawer for each worker.
 *
 * It opens for whoever has signed in as that worker, also in a later session: what was entered in a
 * basement outlives a session that ended there. Its secret lies on the phone, so the seal keeps the
 * readings from other workers of a shared phone and from a look at its storage, not from somebody who
 * takes the phone apart; what has arrived at the server is gone from it.
 */
import { keep, kept } from "@gridpass/kit/store";
import { deviceShelf, openVault, type Queue, type Vault } from "@gridpass/kit/vault";
import { session } from "@gridpass/staff/session";

const IDLE_MS = 12 * 3_600_000;
const SECRET_BYTES = 32;
let held: { staff_id: number; vault: Vault } | null = null;
let opening: Promise<Vault> | null = null;

/** The worker's secret on this phone, made once. */
async function secretOf(staff_id: number): Promise<string> {
  const name = `field.drawer.${staff_id}`;
  const known = await kept<string>(name);
  if (known) return known;
  const secret = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(SECRET_BYTES))));
  await keep(name, secret);
  return secret;
}

async function open(staff_id: number): Promise<Vault> {
  // The secret is random: many rounds would only cost time.
  const vault = openVault(deviceShelf(`gridpass-response-${staff_id}`), { idle_ms: IDLE_MS, rounds: 1 });
  const who = { worker: "own", secret: await secretOf(staff_id) };
  if (await vault.exists()) await vault.unlock(who);
  else await vault.create(who);
  held = { staff_id, vault };
  return vault;
}

/** The open drawer of whoever is signed in. */
async function drawer(): Promise<Vault> {
  const staff_id = session.account?.staff_id;
  if (!staff_id || !session.token) throw new Error("nobody is signed in");
  if (held?.staff_id === staff_id && held.vault.open) return held.vault;
  opening ??= open(staff_id).finally(() => {
    opening = null;
  });
  return opening;
}

/** A queue of this name. */
export const queueOf = async <T>(name: string): Promise<Queue<T>> => (await drawer()).queue<T>(name);
