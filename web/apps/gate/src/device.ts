/**
 * This device: its token, its gate, whether the server answers, today's counts.
 *
 * The token comes once, pasted or in the address behind `#token=`, from where it is removed at once
 * so that it stays in no history and no picture of the screen.
 */
import type { Action, DeviceView } from "@gridpass/api";
import { districtTimestamp } from "@gridpass/kit/age";
import { Problem } from "@gridpass/kit/problem";
import { reactive } from "vue";
import { getDevice } from "./calls";

const TOKEN = "gridpass.device_token";
const COUNTS = "gridpass.counts";
const VIEW = "gridpass.device";
const HEARTBEAT_MS = 30_000;

export type Counts = Record<Action, number>;

export const device = reactive({
  token: localStorage.getItem(TOKEN) ?? "",
  /** What the server last said of us; kept, for a device that starts without network. */
  view: JSON.parse(localStorage.getItem(VIEW) ?? "null") as DeviceView | null,
  online: true,
  seen_ms: 0,
  /** Server's clock minus the device's. */
  skew_ms: 0,
  refused: false,
  counts: { pass: 0, check: 0, stop: 0 } as Counts,
});

/** The server's time now, as well as the device knows it. */
export const now_ms = (): number => Date.now() + device.skew_ms;

const today = (): string => districtTimestamp(now_ms()).slice(0, 10);

function loadCounts(): void {
  const kept = JSON.parse(localStorage.getItem(COUNTS) ?? "null") as { day: string; counts: Counts } | null;
  device.counts = kept?.day === today() ? kept.counts : { pass: 0, check: 0, stop: 0 };
}

/** Counts one answer of today. */
export function count(action: Action): void {
  loadCounts();
  device.counts[action] += 1;
  localStorage.setItem(COUNTS, JSON.stringify({ day: today(), counts: device.counts }));
}

/** Notes that the server answered, or did not. */
export function heard(online: boolean): void {
  device.online = online;
  if (online) device.seen_ms = Date.now();
}

/** Asks who we are; keeps what we knew when nobody answers. */
export async function lookUp(): Promise<void> {
  try {
    device.view = await getDevice(device.token);
    localStorage.setItem(VIEW, JSON.stringify(device.view));
    device.skew_ms = Date.parse(device.view.server_time) - Date.now();
    device.refused = false;
    heard(true);
  } catch (error) {
    const answered = error instanceof Problem;
    heard(answered);
    device.refused = answered && [401, 403].includes(error.body.status);
  }
}

/** Takes a token over and asks the server about it. */
export async function useToken(token: string): Promise<void> {
  device.token = token.trim();
  localStorage.setItem(TOKEN, device.token);
  if (device.token) await lookUp();
}

/** Forgets the token: the device goes back to its set-up page. */
export function forgetToken(): void {
  localStorage.removeItem(TOKEN);
  localStorage.removeItem(VIEW);
  Object.assign(device, { token: "", view: null, refused: false });
}

/** What else is done whenever the server has just answered. */
const afterwards: (() => Promise<void>)[] = [];

/** Has something done after every sign of life. */
export const whenHeard = (work: () => Promise<void>): unknown => afterwards.push(work);

async function beat(): Promise<void> {
  if (!device.token) return;
  await lookUp();
  if (device.online) for (const work of afterwards) await work();
}

/** Start: token from the address if there is one, then a heartbeat. */
export async function start(): Promise<void> {
  const given = /^#token=(.+)$/.exec(location.hash)?.[1];
  if (given) {
    history.replaceState(null, "", location.pathname);
    device.token = decodeURIComponent(given).trim();
    localStorage.setItem(TOKEN, device.token);
  }
  await beat();
  loadCounts();
  setInterval(() => void beat(), HEARTBEAT_MS);
  addEventListener("offline", () => heard(false));
  addEventListener("online", () => void beat());
}
