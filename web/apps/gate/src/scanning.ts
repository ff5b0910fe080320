/**
 * One person at a time: from what was scanned or typed to an answer on the screen.
 *
 * A request that got no answer is sent again unchanged; the server knows it by person, time and
 * gate and answers the same. A code seen again while its answer is on the screen is not asked again.
 * In a group the answers gather in a list instead: a family, a bus, a shift.
 */
import type { Decision, Direction, HolderCard, NewGateCheck, NewScan } from "@gridpass/api";
import { districtTimestamp } from "@gridpass/kit/age";
import { Problem } from "@gridpass/kit/problem";
import { reactive } from "vue";
import { createGateCheck, createScan, getHolderCard, getHolderPhoto } from "./calls";
import { count, device, heard, now_ms } from "./device";
import { decideOffline, type Decided } from "./offline";
import { keepEntry, keepNamed } from "./outbox";
import { noteOverride } from "./shift";
import { announce } from "./sound";
import { vault, whenLocked } from "./vault";
import { type Key, t, words } from "./words";

export type Shown = "pass" | "check" | "stop" | "held";
type Given = Pick<NewScan, "presentation" | "document_number" | "document_type" | "pass_serial">;

/** Somebody of a group. */
export interface Member {
  /** What was asked: who is only named goes into the register by it. */
  body: NewScan;
  decision: Decision;
  shown: Shown;
  name: string;
  offline: Decided | null;
}

const SAME_CODE_MS = 8_000;
const TRIES_MAX = 3;
const GROUP_MAX = 60;

const CLEAR = {
  decision: null as Decision | null,
  card: null as HolderCard | null,
  photo: null as string | null,
  failure: "",
  /** How it was decided without network; null with. */
  offline: null as Decided | null,
};

export const scanning = reactive({
  state: "ready" as "ready" | "asking" | "decided" | "checking" | "failed",
  direction: "in" as Direction,
  temperature: null as number | null,
  /** What the guard does now; differs from the decision after a check on the spot. */
  shown: "pass" as Shown,
  /** The reading that went with this decision. */
  measured: null as number | null,
  /** The people of a group by now; null outside of one. */
  group: null as Member[] | null,
  ...CLEAR,
});

let last = { code: "", seen_ms: 0 };
let pending: NewScan | null = null;
/** Of a group: whose answer is on the screen. */
let member: Member | null = null;

const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

function clear(): void {
  if (scanning.photo) URL.revokeObjectURL(scanning.photo);
  Object.assign(scanning, CLEAR);
}

whenLocked(() => {
  clear();
  Object.assign(scanning, { state: "ready", group: null, temperature: null });
  pending = member = null;
});

/** Face and name follow the colour; a guard does not wait for them. */
async function loadHolder(person_id: number): Promise<void> {
  const card = await getHolderCard(device.token, person_id).catch(() => null);
  if (scanning.decision?.person_id !== person_id) return;
  scanning.card = card;
  if (!card?.has_photo) return;
  const blob = await getHolderPhoto(device.token, person_id).catch(() => null);
  if (blob && scanning.decision?.person_id === person_id) scanning.photo = URL.createObjectURL(blob);
}

function show(decision: Decision, shown: Shown): void {
  Object.assign(scanning, { state: "decided", decision, shown });
  if (member) Object.assign(member, { decision, shown });
  const action = shown === "held" ? "stop" : shown;
  announce(action);
  count(action);
}

async function ask(body: NewScan, tries_left: number): Promise<Decision> {
  try {
    const decision = await createScan(device.token, body);
    heard(true);
    return decision;
  } catch (error) {
    if (error instanceof Problem) heard(true);
    const again = error instanceof Problem ? error.retry_after_s : 0.3;
    if (tries_left <= 1 || again === null) throw error;
    if (again >= 1) scanning.failure = t("busy", { seconds: again });
    await pause(again * 1000);
    return ask(body, tries_left - 1);
  }
}

/** Adds somebody to the group; only who needs the guard is opened later. */
async function addMember(body: NewScan, decision: Decision, offline: Decided | null): Promise<void> {
  scanning.group?.push({ body, decision, shown: decision.action, name: "", offline });
  const place = (scanning.group?.length ?? 0) - 1;
  scanning.state = "ready";
  announce(decision.action);
  count(decision.action);
  if (offline) return;
  const card = await getHolderCard(device.token, decision.person_id).catch(() => null);
  const one = scanning.group?.[place];
  if (one && card) one.name = card.name;
}

function decided(body: NewScan, decision: Decision, offline: Decided | null): void {
  scanning.measured = body.temperature ?? null;
  scanning.temperature = null;
  if (scanning.group) {
    void addMember(body, decision, offline);
    return;
  }
  scanning.offline = offline;
  show(decision, decision.action);
  if (!offline) void loadHolder(decision.person_id);
}

function fail(text: string, sound: "stop" | "check"): void {
  Object.assign(scanning, { state: "failed", failure: text });
  announce(sound);
}

/** The next rungs when nobody answers. */
async function submitOffline(body: NewScan): Promise<void> {
  const answer = await decideOffline(body);
  if (answer?.decision) return decided(body, answer.decision, answer);
  const refused = answer && words.find(`refused_${answer.code}`);
  fail(refused ?? t(answer ? "offline_refused" : "offline_advice"), answer ? "stop" : "check");
}

async function submit(body: NewScan): Promise<void> {
  clear();
  pending = body;
  member = null;
  scanning.state = "asking";
  vault.touch();
  try {
    // A device that knows it is alone does not let a queue wait for a timeout.
    decided(body, await ask(body, device.online ? TRIES_MAX : 1), null);
  } catch (error) {
    if (!(error instanceof Problem)) {
      heard(false);
      return submitOffline(body);
    }
    fail(error.text(words.language), "check");
  }
}

/** Scans a presentation or a number, unless an answer is still being waited for. */
export async function scan(given: Given): Promise<void> {
  if (!vault.open) return;
  const busy = scanning.state === "asking" || scanning.state === "checking";
  // Only a green light lets the next code in by itself; the others wait for the guard's hand.
  const held = scanning.state === "decided" && scanning.shown !== "pass";
  if (busy || held || (scanning.group?.length ?? 0) >= GROUP_MAX) return;
  const code = given.presentation ?? given.document_number ?? String(given.pass_serial);
  const repeated = code === last.code && Date.now() - last.seen_ms < SAME_CODE_MS;
  last = { code, seen_ms: Date.now() };
  if (repeated && given.presentation) return;
  await submit({
    ...given,
    at: districtTimestamp(now_ms()),
    direction: scanning.direction,
    ...(scanning.temperature !== null && { temperature: scanning.temperature }),
  });
}

const READING = /^[^\d]{0,3}(3[4-9]|4[0-3])[.,](\d)\d?[^\d]{0,2}$/;
const NUMBER = /^[A-Za-z]{0,3}\d{5,}[\dXxA-Za-z]?$/;

/** A temperature as a connected thermometer types it, or null. */
export function readingOf(text: string): number | null {
  const parts = READING.exec(text.trim());
  return parts ? Number(`${parts[1]}.${parts[2]}`) : null;
}

/** Whatever a reader typed or the camera read: a temperature, a pass code, or a document number. */
export async function scanText(text: string): Promise<void> {
  const trimmed = text.trim();
  const celsius = readingOf(trimmed);
  if (celsius !== null) scanning.temperature = celsius;
  else if (NUMBER.test(trimmed)) await scan({ document_number: trimmed.toUpperCase() });
  else await scan({ presentation: trimmed });
}

/** Sends the unanswered scan again, unchanged. */
export async function retry(): Promise<void> {
  if (pending) await submit(pending);
}

/** The next person. */
export function next(): void {
  clear();
  member = null;
  scanning.state = "ready";
}

/** Measures a fever again: the same person, with the reading of a second thermometer. */
export async function measureAgain(celsius: number): Promise<void> {
  const serial = scanning.decision?.pass_serial;
  scanning.temperature = celsius;
  clear();
  scanning.state = "ready";
  if (serial) await scan({ pass_serial: serial });
}

/** Begins a group; ends it. */
export function beginGroup(): void {
  scanning.group = [];
}
export function endGroup(): void {
  scanning.group = null;
  next();
}

/** Opens one of a group who needs the guard. */
export function openMember(one: Member): void {
  clear();
  member = one;
  pending = one.body;
  Object.assign(scanning, { state: "decided", decision: one.decision, shown: one.shown, offline: one.offline });
  if (!one.offline) void loadHolder(one.decision.person_id);
}

export interface CheckAnswer extends Pick<NewGateCheck, "passed" | "travel_history" | "travel_cities"> {
  /** What the guard was told of somebody named by a number alone. */
  name?: string;
}

/** Without network the guard's word stands; who was only named goes into the register. */
async function settleOffline(decision: Decision, offline: Decided, answer: CheckAnswer): Promise<void> {
  if ((offline.rung === "number" || offline.rung === "serial") && pending) {
    const shown_colour = decision.colour;
    await keepNamed(pending, answer.passed ? "pass" : "stop", { shown_colour, name: answer.name });
  }
  show(decision, answer.passed ? "pass" : "held");
}

/** Records a check on the spot and shows what follows. */
export async function check(answer: CheckAnswer): Promise<void> {
  const { decision, offline } = scanning;
  if (!decision) return;
  if (answer.passed && answer.travel_history === "hit") noteOverride();
  if (offline) return settleOffline(decision, offline, answer);
  try {
    const { name: _name, ...said } = answer;
    const body = { ...said, person_id: decision.person_id, at: districtTimestamp(now_ms()) };
    const followed = await createGateCheck(device.token, body);
    heard(true);
    const stopped = followed.colour === "red";
    const gate_reason = answer.passed ? "checked" : decision.gate_reason;
    // A check the guard has passed opens the gate even where the table asks for it every time.
    show({ ...decision, ...followed, gate_reason }, stopped ? "stop" : answer.passed ? "pass" : "held");
  } catch (error) {
    if (error instanceof Problem) scanning.failure = error.text(words.language);
    else {
      heard(false);
      scanning.failure = t("unreachable");
    }
  }
}

/** Writes somebody into the register by hand, when nothing else is left. */
export async function writeDown(entry: {
  name: string;
  phone: string;
  document_number: string;
  passed: boolean;
}): Promise<void> {
  const { name, phone, document_number, passed } = entry;
  await keepEntry({
    at: districtTimestamp(now_ms()),
    direction: scanning.direction,
    action: passed ? "pass" : "stop",
    name,
    ...(phone && { phone }),
    ...(document_number && { document_number }),
    ...(scanning.temperature !== null && { temperature: scanning.temperature }),
  });
  scanning.temperature = null;
  announce(passed ? "pass" : "stop");
  count(passed ? "pass" : "stop");
}

export const colourName = (colour: string): string => t(`colour_${colour}` as Key);
