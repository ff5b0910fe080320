/**
 * Scans and entries of the register made without network: sealed on the device, sent once each and
 * in order when the network is back.
 *
 * What is being sent is a claim under a number of its own, so that an upload whose answer got lost
 * is repeated byte for byte and counted once. The device signs each upload with its own key.
 */
import type { Decision, Direction, NewEntry, NewGateCheck, NewScan, Recall, UploadedScan, UploadedSpecimen } from "@gridpass/api";
import { isAnswer, Problem, Unreachable } from "@gridpass/kit/problem";
import { keep, kept } from "@gridpass/kit/store";
import { Locked } from "@gridpass/kit/vault";
import { type HolderKeys, makeHolderKeys, sign } from "@gridpass/passcode";
import { reactive } from "vue";
import {
  addRegisterEntries,
  createGateCheck,
  getHolderCard,
  listRecalls,
  putDeviceKey,
  SHIFT_NEEDED,
  uploadScans,
} from "./calls";
import { device, now_ms } from "./device";
import { announce } from "./sound";
import { checkQueue, type KeptCheck, registerQueue, scanQueue, vault, whenLocked } from "./vault";

const SCANS_MAX = 500;
const ENTRIES_MAX = 200;
const SEEN = "recalls_seen";
const REJECTED = "gridpass.rejected";
const ASIDE = "entries_aside";
const ASIDE_MAX = 200;
const AGAINST = "overrides_waiting";

export const outbox = reactive({
  waiting: 0,
  /** People let in although the check spoke against it, of what waits; the server counts the others. */
  overrides: 0,
  /** Scans that the server could not take, until the guard has seen it; a number, nobody's name. */
  rejected: Number(localStorage.getItem(REJECTED) ?? 0),
  /** Entries of the register that the server did not take, as they were written down. */
  aside: [] as NewEntry[],
  /** People let in who were red by then, whom nobody has been told about yet. */
  recalls: [] as Recall[],
});

let keys: HolderKeys | undefined;
let busy = false;

whenLocked(() => {
  Object.assign(outbox, { recalls: [], aside: [], overrides: 0 });
});

async function counted(): Promise<void> {
  const queues = [scanQueue, checkQueue, registerQueue];
  const counts = await Promise.all(queues.map((queue) => queue.count()));
  outbox.waiting = counts.reduce((sum, count) => sum + count, 0);
}

/** Looks what an earlier run left. */
export async function openOutbox(): Promise<void> {
  await counted();
  if (!vault.open) return;
  outbox.aside = (await vault.get<NewEntry[]>(ASIDE)) ?? [];
  outbox.overrides = (await vault.get<number>(AGAINST)) ?? 0;
}

/** Whether somebody was let in although the travel card spoke against it. */
const isAgainst = (check: NewGateCheck): boolean => check.passed && check.travel_history === "hit";

async function countAgainst(change: number): Promise<void> {
  outbox.overrides = Math.max(0, outbox.overrides + change);
  await vault.put(AGAINST, outbox.overrides);
}

/** Keeps a scan; it is safe once this has resolved. */
export async function keepScan(scan: UploadedScan): Promise<void> {
  await scanQueue.add(scan);
  await counted();
}

/** Keeps that a specimen was scanned, so that an inspection without network counts, too. */
export async function keepSpecimen(specimen: UploadedSpecimen): Promise<void> {
  await scanQueue.add({ specimen });
  await counted();
}

/** Keeps a check on the spot whose network went meanwhile, under the key it was told with. */
export async function keepCheck(check: NewGateCheck, key: string): Promise<void> {
  await checkQueue.add({ check, key });
  if (isAgainst(check)) await countAgainst(1);
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
    const scans = claim.items.filter((item) => !("specimen" in item));
    const specimens = claim.items.flatMap((item) => ("specimen" in item ? [item.specimen] : []));
    const text = JSON.stringify({ batch_id: claim.key, scans, ...(specimens.length > 0 && { specimens }) });
    const { privateKey } = await deviceKeys();
    const signature = base64url(await sign(privateKey, new TextEncoder().encode(text)));
    const { rejected } = await uploadScans(device.token, text, signature);
    await scanQueue.settle(claim.key);
    if (rejected.length > 0) countRejected(outbox.rejected + rejected.length);
    await counted();
  }
}

/** As it was kept; by an app of before without a key of its own. */
const keyed =
  (key: string) =>
  (item: KeptCheck | NewGateCheck): KeptCheck =>
    "check" in item ? item : { check: item, key };

/** Checks one by one, after the scans they belong to. */
async function sendChecks(): Promise<void> {
  for (;;) {
    const claim = await checkQueue.claim(1, () => crypto.randomUUID());
    if (!claim) return;
    const checks = claim.items.map(keyed(claim.key));
    try {
      for (const { check, key } of checks) await createGateCheck(device.token, check, key);
    } catch (error) {
      // Taken a minute later, or once a guard is on duty again; the register need not wait for that.
      if (isAnswer(error) && error.body.code === SHIFT_NEEDED) return;
      if (!isFinal(error)) throw error;
      countRejected(outbox.rejected + 1);
    }
    await checkQueue.settle(claim.key);
    await countAgainst(-checks.filter(({ check }) => isAgainst(check)).length);
    await counted();
  }
}

/** A no that stays a no: what was sent will never be taken, and must not keep others waiting. */
const isFinal = (error: unknown): boolean => isAnswer(error) && ![401, 403].includes(error.body.status);

async function sendEntries(): Promise<void> {
  for (;;) {
    const claim = await registerQueue.claim(ENTRIES_MAX, () => crypto.randomUUID());
    if (!claim) return;
    let refused: NewEntry[] = [];
    try {
      const { rejected } = await addRegisterEntries(device.token, claim.items);
      const keys = new Set((rejected ?? []).map((one) => one.entry_key));
      refused = claim.items.filter((entry) => keys.has(entry.entry_key));
    } catch (error) {
      if (!isFinal(error)) throw error;
      refused = claim.items;
    }
    // Set aside before they leave the queue: what was written down is never lost.
    if (refused.length > 0) await putAside(refused);
    await registerQueue.settle(claim.key);
    await counted();
  }
}

async function putAside(refused: NewEntry[]): Promise<void> {
  const known = new Set(outbox.aside.map((entry) => entry.entry_key));
  outbox.aside = [...outbox.aside, ...refused.filter((entry) => !known.has(entry.entry_key))].slice(-ASIDE_MAX);
  await vault.put(ASIDE, outbox.aside);
}

/** The guard has copied them, or told somebody. */
export async function confirmAside(): Promise<void> {
  outbox.aside = [];
  await vault.remove(ASIDE);
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
    await sendChecks();
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
  const own = outbox.recalls.filter((recall) => !fresh.some((one) => nameOf(one) === nameOf(recall)) && !seen.has(nameOf(recall)));
  if (fresh.length + own.length > outbox.recalls.length) announce("stop");
  outbox.recalls = [...fresh, ...own];
}

/** Somebody whom this device let in while the server was still thinking, and who is red. */
export function recallNow({ person_id, at, reason }: Decision, direction: Direction): void {
  outbox.recalls.push({ person_id, at, direction, reason, name: "", red_since: null, recorded_at: at });
  announce("stop");
  void getHolderCard(device.token, person_id)
    .then(({ name }) => {
      for (const one of outbox.recalls) if (one.person_id === person_id) one.name = name;
    })
    .catch(() => undefined);
}

/** The guard has told the response team. */
export async function confirmRecalls(): Promise<void> {
  const seen = (await vault.get<string[]>(SEEN)) ?? [];
  await vault.put(SEEN, [...seen, ...outbox.recalls.map(nameOf)].slice(-200));
  outbox.recalls = [];
}
