/**
 * The guard on duty with this device, and the vault that only opens for them.
 *
 * Beginning a shift takes the server: it checks the guard's own sign-in and the device, and gives
 * the secret that opens what the shift before left. The guard then chooses a PIN of six digits, which
 * opens the vault for the rest of the shift without network; it never leaves the device.
 */
import type { AccountView, Shift } from "@gridpass/api";
import { forgetAll } from "@gridpass/kit/store";
import { Problem, Unreachable } from "@gridpass/kit/problem";
import type { Unlocked, Worker } from "@gridpass/kit/vault";
import { reactive } from "vue";
import * as calls from "./calls";
import { device, forgetDevice, now_ms, whenChanged, whenRefused } from "./device";
import { outbox } from "./outbox";
import { vault, whenLocked } from "./vault";

const KEPT = "gridpass.shift";
const SHIFT = "shift";
const SERVER = "server";
const GUARD_ROLES = new Set(["gate_guard", "community_lead", "employer_manager"]);

/** What of a shift may lie in the open: numbers, nobody's name. */
interface Kept {
  worker: string;
  shift_id: number;
  /** Begun without network on the word of the guard before. */
  relief?: true;
}

interface Sealed {
  /** What the device shows while this guard is on duty; sealed, so that a copied device shows nothing. */
  token?: string;
  guard: string;
  started_at: string;
  before: Shift | null;
}

const kept = JSON.parse(localStorage.getItem(KEPT) ?? "null") as Kept | null;

export const shift = reactive({
  /** Nobody; a PIN to choose; a guard who has to unlock; a guard at work. */
  stage: (kept ? "locked" : "out") as "out" | "pin" | "locked" | "on",
  shift_id: kept?.shift_id ?? 0,
  guard: "",
  started_at: "",
  /** Begun without network on the word of the guard before; to be confirmed by a sign-in. */
  relief: kept?.relief === true,
  /** The shift before, to be read at the beginning. */
  before: null as Shift | null,
  wiped: false,
  /** The server says that the shift is over; the device decides by itself until the next sign-in. */
  over: false,
});

calls.whenShiftOver(() => {
  if (shift.stage === "on") shift.over = true;
});

let worker = kept?.worker ?? "";
/** Between the sign-in and the PIN: what the server gave. Never kept. */
let given: Worker | null = null;

const opened: (() => Promise<void>)[] = [];

/** Has something done whenever a guard gets to work. */
export const whenOnDuty = (work: () => Promise<void>): unknown => opened.push(work);

const ends: (() => Promise<void>)[] = [];

/** Has something done when a guard hands over, while the vault is still open. */
export const whenHandedOver = (work: () => Promise<void>): unknown => ends.push(work);

whenLocked(() => {
  const stage = localStorage.getItem(KEPT) ? "locked" : "out";
  calls.actFor("");
  Object.assign(shift, { guard: "", started_at: "", before: null, stage });
});

async function getToWork(): Promise<void> {
  const sealed = await vault.get<Sealed>(SHIFT);
  if (sealed) {
    const { token, ...shown } = sealed;
    // A shift begun by an app of before has none, and is over for the server.
    calls.actFor(token ?? "");
    Object.assign(shift, shown);
  }
  for (const work of opened) await work();
  shift.stage = "on";
}

/** A session of a guard that lacks nothing any more begins the shift and ends. */
export async function beginShift(token: string): Promise<void> {
  const started = await calls.startShift(token, device.view?.gate.gate_id ?? 0, device.token);
  // The device acts for itself from here on; no session of a person stays on it.
  await calls.signOut(token).catch(() => undefined);
  given = { worker: SERVER, secret: started.vault_secret };
  if (!(await vault.exists())) await vault.create(given);
  else if ((await vault.unlock(given)).result !== "open") {
    // Sealed under another installation's secret: nobody can ever open it again.
    await vault.wipe();
    await vault.create(given);
  }
  await vault.dismiss(worker);
  worker = `guard-${started.shift.staff_id}`;
  const { guard, started_at, shift_id } = started.shift;
  const shown = { guard, started_at, before: started.before ?? null };
  const sealed: Sealed = { token: started.shift_token, ...shown };
  await vault.put(SHIFT, sealed);
  Object.assign(shift, shown, { shift_id, stage: "pin", relief: false, over: false });
}

/**
 * Hands over without network: the guard at work vouches with the PIN, and the next one goes on under a
 * PIN of their own until they can sign in. Until then the relief acts under the shift of the guard who
 * vouched, twelve hours from its beginning at most. False when the PIN was wrong.
 */
export async function relieve(own_pin: string, name: string, new_pin: string): Promise<boolean> {
  const relief = `relief-${crypto.randomUUID()}`;
  if (!(await vault.admit({ worker: relief, secret: new_pin }, { worker, secret: own_pin }))) return false;
  const token = (await vault.get<Sealed>(SHIFT))?.token ?? "";
  const sealed: Sealed = { token, guard: name, started_at: new Date(now_ms()).toISOString(), before: null };
  for (const work of ends) await work();
  await vault.put(SHIFT, sealed);
  await vault.dismiss(worker);
  worker = relief;
  const open: Kept = { worker, shift_id: shift.shift_id, relief: true };
  localStorage.setItem(KEPT, JSON.stringify(open));
  shift.relief = true;
  vault.lock();
  return true;
}

/** The guard chose a PIN. */
export async function choosePin(pin: string): Promise<void> {
  if (!given) return;
  await vault.admit({ worker, secret: pin }, given);
  given = null;
  // From here on the PIN opens it; before, only a new sign-in could.
  localStorage.setItem(KEPT, JSON.stringify({ worker, shift_id: shift.shift_id }));
  await getToWork();
}

/** The guard is back. */
export async function unlock(pin: string): Promise<Unlocked> {
  const unlocked = await vault.unlock({ worker, secret: pin });
  if (unlocked.result === "open") await getToWork();
  return unlocked;
}

/** Ends the shift; without network the next guard's sign-in ends it. */
export async function handOver(waiting: number): Promise<void> {
  const body = { shift_id: shift.shift_id, waiting, overrides: outbox.overrides };
  try {
    await calls.handOverShift(device.token, body);
  } catch (error) {
    if (!(error instanceof Unreachable || error instanceof Problem)) throw error;
  }
  for (const work of ends) await work();
  await vault.dismiss(worker);
  localStorage.removeItem(KEPT);
  worker = "";
  Object.assign(shift, { shift_id: 0, relief: false, over: false });
  vault.lock();
  shift.stage = "out";
}

/** The grant under which somebody may keep this gate, if several may be chosen. */
export const guardGrant = (account: AccountView): number | null =>
  account.grants.find((grant) => GUARD_ROLES.has(grant.role))?.grant_id ?? null;

/**
 * Forgets gate and guard before the device is enrolled elsewhere. False while something waits: it was
 * done at this gate, and would go up as the next one's.
 */
export async function leaveGate(): Promise<boolean> {
  if (outbox.waiting > 0) return false;
  await vault.wipe();
  localStorage.removeItem(KEPT);
  worker = "";
  Object.assign(shift, { stage: "out", shift_id: 0, guard: "", before: null, relief: false });
  forgetDevice();
  return true;
}

whenChanged(leaveGate);

/** A device that is not admitted any more keeps nothing. */
async function wipe(): Promise<void> {
  await vault.wipe();
  await forgetAll();
  const language = localStorage.getItem("gridpass.language");
  localStorage.clear();
  if (language) localStorage.setItem("gridpass.language", language);
  forgetDevice();
  Object.assign(shift, { stage: "out", shift_id: 0, guard: "", before: null, relief: false, over: false, wiped: true });
}

whenRefused(wipe);
