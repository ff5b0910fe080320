/**
 * One person at a time: from what was scanned or typed to an answer on the screen.
 *
 * A request that got no answer is sent again unchanged; the server knows it by person, time and
 * gate and answers the same. A code seen again while its answer is on the screen is not asked again.
 * In a group the answers gather in a list instead: a family, a bus, a shift.
 */
import type { Decision, Direction, HolderCard, NewGateCheck, NewScan } from "@gridpass/api";
import { districtTimestamp } from "@gridpass/kit/age";
import { isAnswer, type Problem } from "@gridpass/kit/problem";
import { reactive } from "vue";
import { askServer, type Outcome, pause } from "./asking";
import { createGateCheck, getHolderCard, getHolderPhoto, SHIFT_NEEDED } from "./calls";
import { count, device, heard, now_ms } from "./device";
import { decideOffline, type Decided, remeasured } from "./offline";
import { keepCheck, keepEntry, keepNamed, recallNow } from "./outbox";
import { announce } from "./sound";
import { FEVER_C } from "./table";
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
const GROUP_MAX = 60;

const CLEAR = {
  decision: null as Decision | null,
  card: null as HolderCard | null,
  photo: null as string | null,
  failure: "",
  /** Whether there is nothing to try again: what was shown is no pass. */
  refused: false,
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
/** Counts who is before the guard: what comes late finds out whether it is still about them. */
let turn = 0;
/** A reading that came while the answer was being waited for. */
let early: number | null = null;
/** Of a group: whose answer is on the screen. */
let member: Member | null = null;

function clear(): void {
  if (scanning.photo) URL.revokeObjectURL(scanning.photo);
  Object.assign(scanning, CLEAR);
}

whenLocked(() => {
  clear();
  Object.assign(scanning, { state: "ready", group: null });
  dropReading();
  turn++;
  pending = member = early = null;
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

/** Shows an answer; one that corrects what was shown of the same scan is not counted again. */
function show(decision: Decision, shown: Shown, corrects = false): void {
  Object.assign(scanning, { state: "decided", decision, shown, failure: "" });
  if (member) Object.assign(member, { decision, shown, offline: scanning.offline });
  const action = shown === "held" ? "stop" : shown;
  announce(action);
  if (!corrects) count(action);
  if (early !== null) void takeReading(early);
}

/** Adds somebody to the group, once; only who needs the guard is opened later. */
async function addMember(body: NewScan, decision: Decision, offline: Decided | null, corrects: boolean): Promise<void> {
  const { person_id } = decision;
  const newer = { body, decision, shown: decision.action, offline };
  const known = scanning.group?.find((one) => person_id > 0 && one.decision.person_id === person_id);
  if (known) Object.assign(known, newer);
  else scanning.group?.push({ name: "", ...newer });
  scanning.state = "ready";
  announce(decision.action);
  if (!corrects) count(decision.action);
  if (early !== null) void takeReading(early);
  if (offline || known?.name) return;
  const card = await getHolderCard(device.token, person_id).catch(() => null);
  const one = scanning.group?.find((each) => each.decision.person_id === person_id);
  if (one && card) one.name = card.name;
}

function decided(body: NewScan, decision: Decision, offline: Decided | null, corrects = false): void {
  scanning.measured = body.temperature ?? null;
  dropReading();
  if (scanning.group && !member) {
    void addMember(body, decision, offline, corrects);
    return;
  }
  scanning.offline = offline;
  show(decision, decision.action, corrects);
  if (!offline) void loadHolder(decision.person_id);
}

function fail(text: string, sound: "stop" | "check"): void {
  Object.assign(scanning, { state: "failed", failure: text, refused: sound === "stop" });
  announce(sound);
}

/** What the server says no to although it is no mistake of the guard's: what was shown is no pass. */
const NO_PASS = /^(pass_(?!serial_|too_)|presentation_replayed)/;
const soundOf = ({ body }: Problem): "stop" | "check" => (NO_PASS.test(body.code) ? "stop" : "check");

/** What a second reading goes on from. */
interface Before {
  decision: Decision;
  offline: Decided | null;
}

/** The next rungs when nobody answers; null where this device can say nothing by itself. */
async function decideAlone(body: NewScan, before: Before | null, mine: number): Promise<Decided | "refused" | null> {
  const answer = before ? await remeasured(before.decision, body, before.offline) : await decideOffline(body);
  if (!answer) return null;
  if (mine !== turn) return answer.decision ? answer : "refused";
  if (answer.decision) {
    decided(body, answer.decision, answer);
    return answer;
  }
  fail(words.find(`refused_${answer.code}`) ?? t("offline_refused"), "stop");
  return "refused";
}

/** What the server says after the device had to answer by itself. */
function late(body: NewScan, outcome: Outcome, alone: Decided | "refused" | null, mine: number): void {
  const shown = mine === turn && scanning.state !== "checking";
  if (outcome.is === "silent") {
    if (alone === null && mine === turn) fail(t("offline_advice"), "check");
  } else if (outcome.is === "refused") {
    if (shown) fail(outcome.problem.text(words.language), soundOf(outcome.problem));
  } else if (shown || (mine === turn && outcome.decision.action === "stop")) {
    decided(body, outcome.decision, null, alone !== null && alone !== "refused");
  } else if (outcome.decision.action === "stop" && alone !== null && alone !== "refused" && alone.decision.action === "pass") {
    // Let in meanwhile by what this device knew.
    recallNow(outcome.decision, body.direction);
  }
}

/** How long a guard waits for the server before the device answers; a number alone has no colour here. */
const HEDGE_MS = 800;
const HEDGE_NAMED_MS = 2_000;

async function submit(body: NewScan, before: Before | null = null): Promise<void> {
  const mine = ++turn;
  clear();
  pending = body;
  if (!before) member = null;
  scanning.state = "asking";
  vault.touch();
  // A device that knows it is alone does not let a queue wait; it looks for the network by itself.
  if (!device.online && (await decideAlone(body, before, mine))) return;
  const asked = askServer(body);
  const first = await Promise.race([asked, pause(body.presentation || before ? HEDGE_MS : HEDGE_NAMED_MS)]);
  if (first?.is === "decided" && mine === turn) return decided(body, first.decision, null);
  if (first?.is === "refused" && mine === turn) return fail(first.problem.text(words.language), soundOf(first.problem));
  // Shown before the server is waited for any longer.
  const alone = await decideAlone(body, before, mine);
  late(body, await asked, alone, mine);
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

/** A reading before anybody was scanned is the next person's, if they come soon. */
const READING_MS = 30_000;
let dropping = 0;

function dropReading(): void {
  clearTimeout(dropping);
  scanning.temperature = null;
}

/** Keeps a reading for the next person, for a short while; null takes it away. */
export function keepReading(celsius: number | null): void {
  dropReading();
  scanning.temperature = celsius;
  if (celsius !== null) dropping = window.setTimeout(dropReading, READING_MS);
}

/** A thermometer typed: the reading is of the person before the guard, else of the next one. */
async function takeReading(celsius: number): Promise<void> {
  early = null;
  if (scanning.state === "asking") early = celsius;
  else if (scanning.state === "decided" || scanning.state === "checking") await measureAgain(celsius);
  else if (scanning.group?.length) {
    // In a group whoever was scanned last stands there.
    const last = scanning.group[scanning.group.length - 1]!;
    if (celsius < FEVER_C && last.decision.gate_reason !== "fever") return;
    openMember(last);
    await measureAgain(celsius);
  } else keepReading(celsius);
}

/** Whatever a reader typed or the camera read: a temperature, a pass code, or a document number. */
export async function scanText(text: string): Promise<void> {
  const trimmed = text.trim();
  const celsius = readingOf(trimmed);
  if (celsius !== null) await takeReading(celsius);
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
  dropReading();
  turn++;
  member = early = null;
  scanning.state = "ready";
}

/**
 * Another reading of the person before the guard: sent as the same person's at this gate. A normal one
 * of somebody without a fever is shown and no more, for nothing follows from it and nobody is to be
 * counted twice.
 */
export async function measureAgain(celsius: number): Promise<void> {
  const { decision, offline, measured } = scanning;
  if (!decision || !pending) return;
  const fever = decision.gate_reason === "fever" || (measured ?? 0) >= FEVER_C;
  if (celsius < FEVER_C && !fever) {
    scanning.measured = celsius;
    return;
  }
  const { document_number, document_type, direction } = pending;
  const who: Given = decision.pass_serial
    ? { pass_serial: decision.pass_serial }
    : { ...(document_number && { document_number }), ...(document_type && { document_type }) };
  const at = districtTimestamp(now_ms());
  await submit({ ...who, at, direction, temperature: celsius, measured_again: true }, { decision, offline });
}

/** Of a group: who still needs the guard. */
export const openMembers = (): Member[] => scanning.group?.filter((one) => one.shown === "check" || one.shown === "stop") ?? [];

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
  turn++;
  member = one;
  pending = one.body;
  Object.assign(scanning, { state: "decided", decision: one.decision, shown: one.shown, offline: one.offline });
  if (!one.offline) void loadHolder(one.decision.person_id);
}

export interface CheckAnswer extends Pick<NewGateCheck, "passed" | "travel_history" | "travel_cities" | "host_consent"> {
  /** What the guard was told of somebody named by a number alone. */
  name?: string;
}

/**
 * Without network the guard's word stands; who was only named goes into the register, and that somebody
 * was let in although the check spoke against it is told once there is network.
 */
async function settleOffline(decision: Decision, offline: Decided, answer: CheckAnswer): Promise<void> {
  const { name, ...said } = answer;
  if ((offline.rung === "number" || offline.rung === "serial") && pending) {
    const shown_colour = decision.colour;
    await keepNamed(pending, answer.passed ? "pass" : "stop", { shown_colour, name });
  } else if (answer.passed && answer.travel_history === "hit")
    await keepCheck({ ...said, person_id: decision.person_id, at: districtTimestamp(now_ms()) });
  show(decision, answer.passed ? "pass" : "held");
}

/** Records a check on the spot and shows what follows. */
export async function check(answer: CheckAnswer): Promise<void> {
  const { decision, offline } = scanning;
  if (!decision) return;
  if (offline) return settleOffline(decision, offline, answer);
  const { name: _name, ...said } = answer;
  const body = { ...said, person_id: decision.person_id, at: districtTimestamp(now_ms()) };
  try {
    const followed = await createGateCheck(device.token, body);
    heard(true);
    const stopped = followed.colour === "red";
    const gate_reason = answer.passed ? "checked" : decision.gate_reason;
    // A check the guard has passed opens the gate even where the table asks for it every time.
    show({ ...decision, ...followed, gate_reason }, stopped ? "stop" : answer.passed ? "pass" : "held");
  } catch (error) {
    const over = isAnswer(error) && error.body.code === SHIFT_NEEDED;
    if (isAnswer(error) && !over) {
      scanning.failure = error.text(words.language);
      return;
    }
    // The network went meanwhile, or the shift: the guard's word stands, and is sent later.
    if (!over) heard(false);
    await keepCheck(body);
    show({ ...decision, gate_reason: answer.passed ? "checked" : decision.gate_reason }, answer.passed ? "pass" : "held");
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
  dropReading();
  announce(passed ? "pass" : "stop");
  count(passed ? "pass" : "stop");
}

export const colourName = (colour: string): string => t(`colour_${colour}` as Key);
