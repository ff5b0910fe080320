/**
 * This device: its token, its gate, whether the server answers, today's counts.
 *
 * The token comes once, by a supervisor's code, typed or in the address behind `#code=`; or itself
 * behind `#token=`. Both are removed from the address at once so that they stay in no history. It lies in the open,
 * because a device that was revoked has to learn so without anybody signing in, and wipe itself.
 */
import type { Action, DeviceView } from "@gridpass/api";
import { districtTimestamp } from "@gridpass/kit/age";
import { isAnswer } from "@gridpass/kit/problem";
import { reactive } from "vue";
import { enrolDevice, getDevice } from "./calls";

const TOKEN = "gridpass.device_token";
const COUNTS = "gridpass.counts";
const VIEW = "gridpass.device";
const SKEW = "gridpass.skew_ms";
const HEARTBEAT_MS = 30_000;
/** Alone, a device looks oftener whether it still is. */
const PROBE_MS = 5_000;
const REVOKED = "device_revoked";

export type Counts = Record<Action, number>;

export const device = reactive({
  token: localStorage.getItem(TOKEN) ?? "",
  /** A supervisor's code that came in the address; used when the guard says so. */
  code: "",
  /** What the server last said of us; kept, for a device that starts without network. */
  view: JSON.parse(localStorage.getItem(VIEW) ?? "null") as DeviceView | null,
  online: true,
  seen_ms: 0,
  /** Server's clock minus the device's; kept, for a start without network. */
  skew_ms: Number(localStorage.getItem(SKEW) ?? 0),
  /** The server does not admit us now: a wrong token, or a closed gate. */
  refused: "",
  /** It was to become another gate's while something of this one's waits to be uploaded. */
  stays: false,
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

let said = (): Record<string, string> => ({});

/** What this device says of itself whenever it asks. */
export const sayWith = (what: () => Record<string, string>): void => {
  said = what;
};

let onRefused = async (): Promise<void> => undefined;

/** What is done once the device was revoked. */
export const whenRefused = (work: () => Promise<void>): void => {
  onRefused = work;
};

/** Asks who we are; keeps what we knew when nobody answers. */
export async function lookUp(token = device.token): Promise<void> {
  try {
    const asked_ms = Date.now();
    device.view = await getDevice(token, said());
    localStorage.setItem(VIEW, JSON.stringify(device.view));
    // The server looked at its clock about half-way between question and answer.
    device.skew_ms = Date.parse(device.view.server_time) - Math.round((asked_ms + Date.now()) / 2);
    localStorage.setItem(SKEW, String(device.skew_ms));
    device.refused = "";
    heard(true);
  } catch (error) {
    const answered = isAnswer(error);
    heard(answered);
    const said = answered && [401, 403].includes(error.body.status) ? error.body.code : "";
    device.refused = said;
    if (said === REVOKED) await onRefused();
  }
}

let leave = async (): Promise<boolean> => true;

/** What is done before the device becomes another gate's; false where it may not. */
export const whenChanged = (work: () => Promise<boolean>): void => {
  leave = work;
};

/** Takes a token over, once the server has not refused it. */
export async function useToken(given: string): Promise<void> {
  const token = given.trim();
  if (device.token && device.token !== token && !(await leave())) return;
  await lookUp(token);
  if (device.refused) return;
  device.token = token;
  localStorage.setItem(TOKEN, device.token);
  // What a gate needs when the network goes a moment later: keys, and what else follows.
  void beat();
}

/** Enrols this device by a supervisor's code. */
export async function enrol(code: string): Promise<void> {
  const { device_token } = await enrolDevice(code);
  await useToken(device_token);
}

/** Forgets who we are. */
export function forgetDevice(): void {
  localStorage.removeItem(TOKEN);
  localStorage.removeItem(VIEW);
  Object.assign(device, { token: "", view: null, refused: "", counts: { pass: 0, check: 0, stop: 0 } });
}

/** What else is done whenever the server has just answered. */
const afterwards: (() => Promise<void>)[] = [];

/** Has something done after every sign of life. */
export const whenHeard = (work: () => Promise<void>): unknown => afterwards.push(work);

let beating = false;

/** A sign of life, and what follows from it; never two at once. */
export async function beat(): Promise<void> {
  if (!device.token || beating) return;
  beating = true;
  try {
    await lookUp();
    if (device.token && device.online && !device.refused) for (const work of afterwards) await work();
  } finally {
    beating = false;
  }
}

/** Start: token from the address if there is one, then a heartbeat. */
export async function start(): Promise<void> {
  const [, kind, given] = /^#(token|code)=(.+)$/.exec(location.hash) ?? [];
  if (given) history.replaceState(null, "", location.pathname);
  if (given && kind === "code") device.code = given.replace(/\D/g, "");
  else if (given) {
    const token = decodeURIComponent(given).trim();
    const same = !device.token || device.token === token;
    if (same || (await leave())) {
      device.token = token;
      localStorage.setItem(TOKEN, token);
    } else device.stays = true;
  }
  // Known already: the page need not wait for an answer that may never come.
  const first = beat();
  if (!device.view) await first;
  loadCounts();
  let beaten_ms = Date.now();
  setInterval(() => {
    if (device.online && Date.now() - beaten_ms < HEARTBEAT_MS) return;
    beaten_ms = Date.now();
    void beat();
  }, PROBE_MS);
  addEventListener("offline", () => heard(false));
  addEventListener("online", () => void beat());
}
