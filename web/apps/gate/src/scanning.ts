/**
 * One person at a time: from what was scanned or typed to an answer on the screen.
 *
 * A request that got no answer is sent again unchanged; the server knows it by person, time and
 * gate and answers the same. A code seen again while its answer is on the screen is not asked again.
 * In a group the answers gather in a list instead: a family, a bus, a shift.
 */
import type { Decision, Direction, HolderCard, NewScan } from "@gridpass/api";
import { districtTimestamp } from "@gridpass/kit/age";
import type { Problem } from "@gridpass/kit/problem";
import { reactive } from "vue";
import { askServer, type Outcome, pause } from "./asking";
import { getHolderCard, getHolderPhoto } from "./calls";
import { count, device, now_ms } from "./device";
import { decideOffline, type Decided, remeasured } from "./offline";
import { say, unsay } from "./notice";
import { recallNow } from "./outbox";
import { readPaper } from "./papers";
import { note } from "./recent";
import { said } from "./said";
import { announce } from "./sound";
import { FEVER_C } from "./table";
import { lineOf } from "./typed";
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
  /** Somebody held by a check that nobody heard of yet. */
  untold: false,
  /** The reading that went with this person. */
  measured: null as number | null,
};

export const scanning = reactive({
  state: "ready" as "ready" | "asking" | "decided" | "checking" | "failed",
  direction: "in" as Direction,
  temperature: null as number | null,
  /** What the guard does now; differs from the decision after a check on the spot. */
  shown: "pass" as Shown,
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
/** Of a group: who was scanned last, and stands there still. */
let standing: Member | null = null;

/** What is being asked, or was asked last. */
export const asked = (): NewScan | null => pending;

function clear(): void {
  if (scanning.photo) URL.revokeObjectURL(scanning.photo);
  Object.assign(scanning, CLEAR);
}

whenLocked(() => {
  clear();
  Object.assign(scanning, { state: "ready", group: null });
  dropReading();
  turn++;
  pending = member = standing = early = null;
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

/** Sounds for an answer and counts it; one that corrects what was shown of the same scan is not counted again. */
function tell(decision: Decision, shown: Shown, corrects: boolean): void {
  const action = shown === "held" ? "stop" : shown;
  announce(action);
  if (!corrects) count(action);
  note(decision, shown, scanning.direction);
  if (early !== null) void takeReading(early);
}

/** Shows an answer. */
export function show(decision: Decision, shown: Shown, corrects = false): void {
  Object.assign(scanning, { state: "decided", decision, shown, failure: "" });
  if (member) Object.assign(member, { decision, shown, offline: scanning.offline });
  tell(decision, shown, corrects);
}

/** Adds somebody to the group, once; only who needs the guard is opened later. */
async function addMember(body: NewScan, decision: Decision, offline: Decided | null, corrects: boolean): Promise<void> {
  const { person_id } = decision;
  const newer = { body, decision, shown: decision.action, offline };
  const known = scanning.group?.find((one) => person_id > 0 && one.decision.person_id === person_id);
  if (known) Object.assign(known, newer);
  else scanning.group?.push({ name: "", ...newer });
  standing = known ?? scanning.group?.at(-1) ?? null;
  scanning.state = "ready";
  tell(decision, decision.action, corrects);
  if (offline || known?.name) return;
  const card = await getHolderCard(device.token, person_id).catch(() => null);
  const one = scanning.group?.find((each) => each.decision.person_id === person_id);
  if (one && card) one.name = card.name;
}

function decided(body: NewScan, decision: Decision, offline: Decided | null, corrects = false): void {
  scanning.measured = body.temperature ?? (corrects ? scanning.measured : null);
  if (scanning.group && !member) {
    void addMember(body, decision, offline, corrects);
    return;
  }
  scanning.offline = offline;
  show(decision, decision.action, corrects);
  if (!offline) void loadHolder(decision.person_id);
}

function fail(text: string, sound: "stop" | "check"): void {
  const measured = pending?.temperature ?? null;
  Object.assign(scanning, { state: "failed", failure: text, refused: sound === "stop", measured });
  announce((measured ?? 0) >= FEVER_C ? "stop" : sound);
  if (early !== null) void takeReading(early);
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
    if (shown) fail(said(outcome.problem), soundOf(outcome.problem));
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
  unsay();
  // From here on the reading is this person's, whatever becomes of the question.
  dropReading();
  pending = body;
  if (!before) member = standing = early = null;
  scanning.state = "asking";
  vault.touch();
  // A device that knows it is alone does not let a queue wait; it looks for the network by itself.
  if (!device.online && (await decideAlone(body, before, mine))) return;
  const answer = askServer(body);
  const first = await Promise.race([answer, pause(body.presentation || before ? HEDGE_MS : HEDGE_NAMED_MS)]);
  if (first?.is === "decided" && mine === turn) return decided(body, first.decision, null);
  if (first?.is === "refused" && mine === turn) return fail(said(first.problem), soundOf(first.problem));
  // Shown before the server is waited for any longer.
  const alone = await decideAlone(body, before, mine);
  late(body, await answer, alone, mine);
}

const groupIsFull = (): boolean => (scanning.group?.length ?? 0) >= GROUP_MAX;

/** Whether somebody has to be seen to first: only a green light lets the next code in by itself. */
function isTaken(): boolean {
  const { state, shown, measured } = scanning;
  const stops = (state === "decided" && shown !== "pass") || (state === "failed" && (measured ?? 0) >= FEVER_C);
  return stops || state === "asking" || state === "checking" || groupIsFull();
}

/** Scans a presentation or a number, unless an answer is still being waited for. */
export async function scan(given: Given): Promise<void> {
  if (!vault.open || isTaken()) return;
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
  else if (scanning.state === "failed") measureUnknown(celsius);
  else if (standing) {
    if (celsius < FEVER_C && standing.decision.gate_reason !== "fever") return;
    openMember(standing);
    await measureAgain(celsius);
  } else keepReading(celsius);
}

/** Of somebody nobody knows, who stands there all the same: shown, and never the next one's. */
function measureUnknown(celsius: number): void {
  scanning.measured = celsius;
  // Asked again, it is another question than the one without it.
  if (pending) pending = { ...pending, at: districtTimestamp(now_ms()), temperature: celsius };
  announce(celsius >= FEVER_C ? "stop" : "check");
}

/** Whatever a reader typed or the camera read: a temperature, a pass code, or a document number. */
export async function scanText(text: string): Promise<void> {
  const line = lineOf(text, now_ms());
  if (line.is === "reading") await takeReading(line.celsius);
  else if (line.is === "absurd") say(t("temperature_absurd"));
  else if (line.is === "wrong_number") say(t("number_checksum"));
  else if (line.is === "paper") await showPaper(line.serial);
  else await scan(line.is === "number" ? { document_number: line.number } : { presentation: line.text });
}

/** A printed paper, which is looked at on a page of its own. */
async function showPaper(serial: string): Promise<void> {
  if (isTaken()) return;
  next();
  await readPaper(serial);
}

/** What a reader typed: not taken in silence while somebody is still before the guard. */
export async function scanLine(text: string): Promise<void> {
  const line = lineOf(text, now_ms());
  const isPerson = line.is === "number" || line.is === "code" || line.is === "paper";
  const code = line.is === "number" ? line.number : text.trim();
  if (!isPerson || !isTaken()) await scanText(text);
  // A reader that reads the same twice says nothing new.
  else if (code !== last.code) say(t(groupIsFull() ? "group_full" : "finish_first"));
}

/** Sends the unanswered scan again, unchanged. */
export async function retry(): Promise<void> {
  if (pending) await submit(pending);
}

/** The next person. */
export function next(): void {
  clear();
  unsay();
  dropReading();
  turn++;
  member = standing = early = null;
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
  const { decision, shown, offline, body } = one;
  Object.assign(scanning, { state: "decided", decision, shown, offline, measured: body.temperature ?? null });
  if (!one.offline) void loadHolder(one.decision.person_id);
}

export const colourName = (colour: string): string => t(`colour_${colour}` as Key);
