/**
 * Scans and entries of the register made without network: sealed on the device, sent once each and
 * in order when the network is back.
 *
 * What is being sent is a claim under a number of its own, so that an upload whose answer got lost
 * is repeated byte for byte and counted once. The device signs each upload with its own key.
 */
import type { NewEntry, NewScan, Recall, UploadedScan } from "@gridpass/api";
import { Problem, Unreachable } from "@gridpass/kit/problem";
import { keep, kept } from "@gridpass/kit/store";
import { Locked } from "@gridpass/kit/vault";
import { type HolderKeys, makeHolderKeys, sign } from "@gridpass/passcode";
import { reactive } from "vue";
import { addRegisterEntries, listRecalls, putDeviceKey, uploadScans } from "./calls";
import { device, now_ms } from "./device";
import { announce } from "./sound";
import { registerQueue, scanQueue, vault, whenLocked } from "./vault";

const SCANS_MAX = 500;
const ENTRIES_MAX = 200;
const SEEN = "recalls_seen";
const REJECTED = "gridpass.rejected";

export const outbox = reactive({
  waiting: 0,
  /** Scans that the server could not take, until the guard has seen it; a number, nobody's name. */
  rejected: Number(localStorage.getItem(REJECTED) ?? 0),
  /** People let in who were red by then, whom nobody has been told about yet. */
  recalls: [] as Recall[],
});

let keys: HolderKeys | undefined;
let busy = false;

whenLocked(() => {
  outbox.recalls = [];
});

async function counted(): Promise<void> {
  outbox.waiting = (await scanQueue.count()) + (await registerQueue.count());
}

/** Looks what an earlier run left. */
export const openOutbox = counted;

/** Keeps a scan; it is safe once this has resolved. */
export async function keepScan(scan: UploadedScan): Promise<void> {
  await scanQueue.add(scan);
  await counted();
}

/** Writes somebody into the register; safe once this has resolved. */
export async function keepEntry(entry: Omit<NewEntry, "entry_key">): Promise<void> {
  await registerQueue.add({ ...entry, entry_key: crypto.randomUUID() });
  await counted();
}

/** Writes down somebody who was only named, by number or serial. */
export async function keepNamed(
  body: NewScan,
  action: NewEntry["action"],
  { shown_colour, name }: { shown_colour?: NewEntry["shown_colour"]; name?: string | undefined },
): Promise<void> {
  const { at, direction, temperature, document_number, document_type, pass_serial } = body;
  await keepEntry({
    at,
    direction,
    action,
    ...(temperature !== undefined && { temperature }),
    ...(document_number !== undefined && { document_number }),
    ...(document_type !== undefined && { document_type }),
    ...(pass_serial !== undefined && { pass_serial }),
    ...(pass_serial !== undefined && shown_colour && { shown_colour }),
    ...(name && { name }),
  });
}

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

/** This device's key, made and registered once. */
async function deviceKeys(): Promise<HolderKeys> {
  keys ??= await kept<HolderKeys>("device_keys");
  if (keys && device.view?.has_key) return keys;
  keys ??= await makeHolderKeys();
  await keep("device_keys", keys);
  await putDeviceKey(device.token, base64url(keys.publicKey));
  return keys;
}

const batchNumber = (): number => Math.floor(now_ms()) * 1000 + Math.floor(Math.random() * 1000);

async function sendScans(): Promise<void> {
  for (;;) {
    const claim = await scanQueue.claim(SCANS_MAX, batchNumber);
    if (!claim) return;
    const text = JSON.stringify({ batch_id: claim.key, scans: claim.items });
    const { privateKey } = await deviceKeys();
    const signature = base64url(await sign(privateKey, new TextEncoder().encode(text)));
    const { rejected } = await uploadScans(device.token, text, signature);
    await scanQueue.settle(claim.key);
    if (rejected.length > 0) countRejected(outbox.rejected + rejected.length);
    await counted();
  }
}

async function sendEntries(): Promise<void> {
  for (;;) {
    const claim = await registerQueue.claim(ENTRIES_MAX, () => crypto.randomUUID());
    if (!claim) return;
    await addRegisterEntries(device.token, claim.items);
    await registerQueue.settle(claim.key);
    await counted();
  }
}

function countRejected(count: number): void {
  outbox.rejected = count;
  localStorage.setItem(REJECTED, String(count));
}

/** The guard has seen that some were not taken. */
export const confirmRejected = (): void => countRejected(0);

/** Sends what is waiting. A refusal or a lost line leaves everything as it was, for the next time. */
export async function sendOutbox(): Promise<void> {
  if (busy || !vault.open) return;
  busy = true;
  try {
    await sendScans();
    await sendEntries();
    await lookForRecalls();
  } catch (error) {
    // The next heartbeat tries again; locked meanwhile, the next guard's does.
    if (!(error instanceof Problem || error instanceof Unreachable || error instanceof Locked)) throw error;
  } finally {
    busy = false;
  }
}

const nameOf = ({ person_id, at }: Recall): string => `${person_id}/${at}`;

async function lookForRecalls(): Promise<void> {
  const all = await listRecalls(device.token);
  const seen = new Set((await vault.get<string[]>(SEEN)) ?? []);
  const fresh = all.filter((recall) => !seen.has(nameOf(recall)));
  if (fresh.length > outbox.recalls.length) announce("stop");
  outbox.recalls = fresh;
}

/** The guard has told the response team. */
export async function confirmRecalls(): Promise<void> {
  const seen = (await vault.get<string[]>(SEEN)) ?? [];
  await vault.put(SEEN, [...seen, ...outbox.recalls.map(nameOf)].slice(-200));
  outbox.recalls = [];
}
