/**
 * Scans made without network: kept on the device, sent once each when the network is back.
 *
 * What is being sent is kept apart under a number of its own, so that an upload whose answer got
 * lost is repeated byte for byte and counted once. The device signs each upload with its own key.
 */
import type { UploadedScan, UploadView } from "@gridpass/api";
import { Problem, Unreachable } from "@gridpass/kit/problem";
import { keep, kept } from "@gridpass/kit/store";
import { type HolderKeys, makeHolderKeys, sign } from "@gridpass/passcode";
import { reactive } from "vue";
import { putDeviceKey, uploadScans } from "./calls";
import { device, now_ms } from "./device";

const SCANS_MAX = 500;

/** An upload under way: its exact text. */
interface Sending {
  text: string;
  scans: UploadedScan[];
}

export const outbox = reactive({
  waiting: 0,
  /** People let in while we could not know that they were red. */
  late_reds: 0,
});

let scans: UploadedScan[] = [];
let sending: Sending | undefined;
let keys: HolderKeys | undefined;
let busy = false;

function counted(): void {
  outbox.waiting = scans.length + (sending?.scans.length ?? 0);
}

/** Reads what an earlier run left. */
export async function loadOutbox(): Promise<void> {
  scans = (await kept<UploadedScan[]>("outbox")) ?? [];
  sending = await kept<Sending>("sending");
  counted();
}

/** Keeps a scan; it is safe once this has resolved. */
export async function keepScan(scan: UploadedScan): Promise<void> {
  scans.push(scan);
  counted();
  await keep("outbox", [...scans]);
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

/** Takes the next scans out of the queue; both places are written before anything is sent. */
async function take(): Promise<Sending | undefined> {
  if (sending || scans.length === 0) return sending;
  const taken = scans.slice(0, SCANS_MAX);
  const batch_id = Math.floor(now_ms()) * 1000 + Math.floor(Math.random() * 1000);
  sending = { text: JSON.stringify({ batch_id, scans: taken }), scans: taken };
  await keep("sending", sending);
  scans = scans.slice(taken.length);
  await keep("outbox", [...scans]);
  return sending;
}

async function sendOne({ text }: Sending): Promise<UploadView> {
  const { privateKey } = await deviceKeys();
  const signature = base64url(await sign(privateKey, new TextEncoder().encode(text)));
  return uploadScans(device.token, text, signature);
}

/** Sends what is waiting. A refusal or a lost line leaves everything as it was, for the next time. */
export async function sendOutbox(): Promise<void> {
  if (busy) return;
  busy = true;
  try {
    for (let next = await take(); next; next = await take()) {
      const { late_reds } = await sendOne(next);
      outbox.late_reds += late_reds.length;
      sending = undefined;
      await keep("sending", undefined);
      counted();
    }
  } catch (error) {
    // The next heartbeat tries again.
    if (!(error instanceof Problem || error instanceof Unreachable)) throw error;
  } finally {
    busy = false;
  }
}
