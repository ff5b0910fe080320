/**
 * One person at a time: from what was scanned or typed to an answer on the screen.
 *
 * A request that got no answer is sent again unchanged; the server knows it by person, time and
 * gate and answers the same. A code seen again while its answer is on the screen is not asked again.
 * In a group the answers gather in a list instead: a family, a bus, a shift.
 */
import type { Decision, NewScan } from "@gridpass/api";
import { districtTimestamp } from "@gridpass/kit/age";
import type { Problem } from "@gridpass/kit/problem";
import { askServer, type Outcome, pause } from "./asking";
import { clear, dropReading, hasFever, isHot, keepReading, type Member, own, readingIsTheirs, scanning, type Shown } from "./before";
import { getHolderCard, getHolderPhoto } from "./calls";
import { count, device, now_ms } from "./device";
import { decideOffline, type Decided, remeasured, serialOf } from "./offline";
import { say, unsay } from "./notice";
import { recallNow } from "./outbox";
import { readPaper } from "./papers";
import { note } from "./recent";
import { said } from "./said";
import { announce } from "./sound";
import { lineOf } from "./typed";
import { vault, whenLocked } from "./vault";
import { type Key, t, words } from "./words";

export { keepReading, type Member, scanning, type Shown } from "./before";

type Given = Pick<NewScan, "presentation" | "document_number" | "document_type" | "pass_serial">;

const SAME_CODE_MS = 8_000;
const GROUP_MAX = 60;

/** What is being asked, or was asked last. */
export const asked = (): NewScan | null => own.pending;

whenLocked(() => {
  clear();
  Object.assign(scanning, { state: "ready", group: null });
  dropReading();
  own.turn++;
  own.pending = own.member = own.standing = own.early = null;
});

/** Face and name follow the colour; a guard does not wait for them. */
export async function loadHolder(person_id: number): Promise<void> {
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
  if (own.early !== null) void takeReading(own.early);
}

/** Shows an answer. */
export function show(decision: Decision, shown: Shown, corrects = false): void {
  Object.assign(scanning, { state: "decided", decision, shown, failure: "" });
  if (own.member) Object.assign(own.member, { decision, shown, offline: scanning.offline, measured: scanning.measured });
  tell(decision, shown, corrects);
}

/** Adds somebody to the group, once; only who needs the guard is opened later. */
async function addMember(body: NewScan, decision: Decision, offline: Decided | null, corrects: boolean): Promise<void> {
  const { person_id } = decision;
  const known = scanning.group?.find((one) => person_id > 0 && one.decision.person_id === person_id);
  // Scanned once more without a reading, they are as hot as they were.
  const measured = scanning.measured ?? known?.measured ?? null;
  const newer = { body, decision, shown: decision.action, offline, measured };
  if (known) Object.assign(known, newer);
  else scanning.group?.push({ name: "", ...newer });
  own.standing = known ?? scanning.group?.at(-1) ?? null;
  scanning.state = "ready";
  tell(decision, decision.action, corrects);
  if (offline || known?.name) return;
  const card = await getHolderCard(device.token, person_id).catch(() => null);
  const one = scanning.group?.find((each) => each.decision.person_id === person_id);
  if (one && card) one.name = card.name;
}

function decided(body: NewScan, decision: Decision, offline: Decided | null, corrects = false): void {
  scanning.measured = body.temperature ?? (corrects ? scanning.measured : null);
  if (scanning.group && !own.member) {
    void addMember(body, decision, offline, corrects);
    return;
  }
  scanning.offline = offline;
  show(decision, decision.action, corrects);
  if (!offline) void loadHolder(decision.person_id);
}

function fail(text: string, sound: "stop" | "check"): void {
  const measured = own.pending?.temperature ?? null;
  Object.assign(scanning, { state: "failed", failure: text, refused: sound === "stop", measured });
  announce(isHot(measured) ? "stop" : sound);
  if (own.early !== null) void takeReading(own.early);
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
  if (mine !== own.turn) return answer.decision ? answer : "refused";
  if (answer.decision) {
    decided(body, answer.decision, answer);
    return answer;
  }
  fail(words.find(`refused_${answer.code}`) ?? t("offline_refused"), "stop");
  return "refused";
}

/** What the server says after the device had to answer by itself. */
function late(body: NewScan, outcome: Outcome, alone: Decided | "refused" | null, mine: number): void {
  const shown = mine === own.turn && scanning.state !== "checking";
  if (outcome.is === "silent") {
    if (alone === null && mine === own.turn) fail(t("offline_advice"), "check");
  } else if (outcome.is === "refused") {
    if (shown) fail(said(outcome.problem), soundOf(outcome.problem));
  } else if (shown || (mine === own.turn && outcome.decision.action === "stop")) {
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
  const mine = ++own.turn;
  clear();
  unsay();
  // From here on the reading is this person's, whatever becomes of the question.
  dropReading();
  own.pending = body;
  if (!before) own.member = own.standing = own.early = null;
  scanning.state = "asking";
  vault.touch();
  // A device that knows it is alone does not let a queue wait; it looks for the network by itself.
  if (!device.online && (await decideAlone(body, before, mine))) return;
  const answer = askServer(body);
  const first = await Promise.race([answer, pause(body.presentation || before ? HEDGE_MS : HEDGE_NAMED_MS)]);
  if (first?.is === "decided" && mine === own.turn) return decided(body, first.decision, null);
  if (first?.is === "refused" && mine === own.turn) return fail(said(first.problem), soundOf(first.problem));
  // Shown before the server is waited for any longer.
  const alone = await decideAlone(body, before, mine);
  late(body, await answer, alone, mine);
}

const groupIsFull = (): boolean => (scanning.group?.length ?? 0) >= GROUP_MAX;

/** Whether somebody has to be seen to first: only a green light lets the next code in by itself. */
function isTaken(): boolean {
  const { state, shown, measured } = scanning;
  const stops = (state === "decided" && shown !== "pass") || (state === "failed" && isHot(measured));
  return stops || state === "asking" || state === "checking" || groupIsFull();
}

/** Who was refused last, so that a camera that reads the same at every look judges it once. */
let refusedCode = "";

/**
 * Another person's code over somebody's answer: not taken, and readings are nobody's from here on until
 * the guard says whose. The live code of the person on the screen renews itself and stays theirs.
 */
async function noteAnother(code: string, presentation?: string): Promise<void> {
  if (code === own.last.code || (code === refusedCode && scanning.another)) return;
  refusedCode = code;
  Object.assign(scanning, { another: true, again: false });
  const mine = own.turn;
  const serial = presentation ? await serialOf(presentation) : null;
  const theirs = serial !== null && serial === scanning.decision?.pass_serial;
  if (theirs && mine === own.turn && refusedCode === code) scanning.another = false;
}

/** Scans a presentation or a number, unless an answer is still being waited for. */
export async function scan(given: Given): Promise<void> {
  if (!vault.open) return;
  const code = given.presentation ?? given.document_number ?? String(given.pass_serial);
  if (isTaken()) return noteAnother(code, given.presentation ?? undefined);
  const repeated = code === own.last.code && Date.now() - own.last.seen_ms < SAME_CODE_MS;
  own.last = { code, seen_ms: Date.now() };
  if (repeated && given.presentation) return;
  await submit({
    ...given,
    at: districtTimestamp(now_ms()),
    direction: scanning.direction,
    ...(scanning.temperature !== null && { temperature: scanning.temperature }),
  });
}

/** Says that a reading was not taken, and what to press. */
function refuseReading(): void {
  const { state, shown } = scanning;
  say(t(state === "checking" || (state === "decided" && shown === "check") ? "reading_whose_check" : "reading_whose"));
}

/** A thermometer typed: the reading is of the person before the guard, else of the next one. */
export async function takeReading(celsius: number): Promise<void> {
  own.early = null;
  const { state } = scanning;
  if (state === "ready") return own.standing ? readMember(own.standing, celsius) : keepReading(celsius);
  if (!readingIsTheirs()) return refuseReading();
  if (state === "asking") {
    own.early = celsius;
    return;
  }
  Object.assign(scanning, { another: false, again: false });
  if (state === "failed") measureUnknown(celsius);
  else await measureAgain(celsius);
}

/** Of a group: a reading of whom was scanned last. */
async function readMember(one: Member, celsius: number): Promise<void> {
  const { another } = scanning;
  const unclear = another || hasFever(one);
  if (!unclear && !isHot(celsius)) return;
  openMember(one);
  if (!unclear) return measureAgain(celsius);
  scanning.another = another;
  refuseReading();
}

/** Of somebody nobody knows, who stands there all the same: shown, and never the next one's. */
function measureUnknown(celsius: number): void {
  scanning.measured = celsius;
  // Asked again, it is another question than the one without it.
  if (own.pending) own.pending = { ...own.pending, at: districtTimestamp(now_ms()), temperature: celsius };
  announce(isHot(celsius) ? "stop" : "check");
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
  if (isTaken()) return noteAnother(serial);
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
  else if (code !== own.last.code) {
    say(t(groupIsFull() ? "group_full" : "finish_first"));
    await noteAnother(code, line.is === "code" ? code : undefined);
  }
}

/** Sends the unanswered scan again, unchanged. */
export async function retry(): Promise<void> {
  if (own.pending) await submit(own.pending);
}

/** The next person. */
export function next(): void {
  clear();
  unsay();
  dropReading();
  own.turn++;
  own.member = own.standing = own.early = null;
  scanning.state = "ready";
}

/**
 * Another reading of the person before the guard: sent as the same person's at this gate. A normal one
 * of somebody without a fever is shown and no more, for nothing follows from it and nobody is to be
 * counted twice.
 */
async function measureAgain(celsius: number): Promise<void> {
  const { decision, offline } = scanning;
  if (!decision || !own.pending) return;
  if (!isHot(celsius) && !hasFever(scanning)) {
    scanning.measured = celsius;
    if (own.member) own.member.measured = celsius;
    return;
  }
  const { document_number, document_type, direction } = own.pending;
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
  own.turn++;
  own.member = one;
  own.pending = one.body;
  const { decision, shown, offline, measured } = one;
  Object.assign(scanning, { state: "decided", decision, shown, offline, measured });
  if (!one.offline) void loadHolder(one.decision.person_id);
}

export const colourName = (colour: string): string => t(`colour_${colour}` as Key);
