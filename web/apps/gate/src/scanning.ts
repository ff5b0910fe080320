/**
 * One person at a time: from what was scanned or typed to an answer on the screen.
 *
 * A request that got no answer is sent again unchanged; the server knows it by person, time and
 * gate and answers the same. A code seen again while its answer is on the screen is not asked again.
 */
import type { Decision, Direction, HolderCard, NewGateCheck, NewScan } from "@gridpass/api";
import { districtTimestamp } from "@gridpass/kit/age";
import { Problem } from "@gridpass/kit/problem";
import { reactive } from "vue";
import { createGateCheck, createScan, getHolderCard, getHolderPhoto } from "./calls";
import { count, device, heard, now_ms } from "./device";
import { decideOffline } from "./offline";
import { announce } from "./sound";
import { type Key, t, words } from "./words";

export type Shown = "pass" | "check" | "stop" | "held";
type Given = Pick<NewScan, "presentation" | "document_number" | "document_type">;

const SAME_CODE_MS = 8_000;
const TRIES_MAX = 3;

export const scanning = reactive({
  state: "ready" as "ready" | "asking" | "decided" | "checking" | "failed",
  direction: "in" as Direction,
  temperature: null as number | null,
  decision: null as Decision | null,
  /** What the guard does now; differs from the decision after a check on the spot. */
  shown: "pass" as Shown,
  /** The reading that went with this decision. */
  measured: null as number | null,
  card: null as HolderCard | null,
  photo: null as string | null,
  failure: "",
  /** Without network: how old the colour is, in words. */
  offline: "",
});

let last = { code: "", seen_ms: 0 };
let pending: NewScan | null = null;

const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

function clearHolder(): void {
  if (scanning.photo) URL.revokeObjectURL(scanning.photo);
  Object.assign(scanning, { card: null, photo: null });
}

/** Face and name follow the colour; a guard does not wait for them. */
async function loadHolder(person_id: number): Promise<void> {
  const card = await getHolderCard(device.token, person_id).catch(() => null);
  if (scanning.decision?.person_id !== person_id) return;
  scanning.card = card;
  if (!card?.has_photo) return;
  const blob = await getHolderPhoto(device.token, person_id).catch(() => null);
  if (blob && scanning.decision?.person_id === person_id) scanning.photo = URL.createObjectURL(blob);
}

function decided(decision: Decision, shown: Shown): void {
  Object.assign(scanning, { state: "decided", decision, shown });
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

function decidedFor(body: NewScan, decision: Decision): void {
  scanning.measured = body.temperature ?? null;
  scanning.temperature = null;
  decided(decision, decision.action);
}

/** The next rung when nobody answers: what the code itself proves. */
async function submitOffline(body: NewScan): Promise<void> {
  const answer = await decideOffline(body);
  if (answer?.decision) {
    const { unit, count } = answer.age;
    scanning.offline = t("offline_colour", { age: t(`age_${unit}` as Key, { count }) });
    decidedFor(body, answer.decision);
    return;
  }
  scanning.failure = answer ? t("offline_refused") : t("offline_advice");
  scanning.state = "failed";
  announce(answer ? "stop" : "check");
}

async function submit(body: NewScan): Promise<void> {
  clearHolder();
  pending = body;
  Object.assign(scanning, { state: "asking", decision: null, failure: "", offline: "" });
  try {
    // A device that knows it is alone does not let a queue wait for a timeout.
    const decision = await ask(body, device.online ? TRIES_MAX : 1);
    decidedFor(body, decision);
    void loadHolder(decision.person_id);
  } catch (error) {
    if (!(error instanceof Problem)) {
      heard(false);
      return submitOffline(body);
    }
    scanning.failure = error.text(words.language);
    scanning.state = "failed";
    announce("check");
  }
}

/** Scans a presentation or a number, unless an answer is still being waited for. */
export async function scan(given: Given): Promise<void> {
  const busy = scanning.state === "asking" || scanning.state === "checking";
  // Only a green light lets the next code in by itself; the others wait for the guard's hand.
  const held = scanning.state === "decided" && scanning.shown !== "pass";
  if (busy || held) return;
  const code = given.presentation ?? given.document_number ?? "";
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

/** Whatever a reader typed or the camera read: a pass code, or a document number. */
export function scanText(text: string): Promise<void> {
  const trimmed = text.trim();
  const number = /^[A-Za-z]{0,3}\d{5,}[\dXxA-Za-z]?$/.test(trimmed);
  return scan(number ? { document_number: trimmed.toUpperCase() } : { presentation: trimmed });
}

/** Sends the unanswered scan again, unchanged. */
export async function retry(): Promise<void> {
  if (pending) await submit(pending);
}

/** The next person. */
export function next(): void {
  clearHolder();
  Object.assign(scanning, { state: "ready", decision: null, failure: "" });
}

/** Records a check on the spot and shows what follows. */
export async function check(answer: Pick<NewGateCheck, "passed" | "travel_history" | "travel_cities">): Promise<void> {
  const decision = scanning.decision;
  if (!decision) return;
  try {
    const body = { ...answer, person_id: decision.person_id, at: districtTimestamp(now_ms()) };
    const followed = await createGateCheck(device.token, body);
    heard(true);
    const stopped = followed.colour === "red";
    const gate_reason = answer.passed ? "checked" : decision.gate_reason;
    // A check the guard has passed opens the gate even where the table asks for it every time.
    decided({ ...decision, ...followed, gate_reason }, stopped ? "stop" : answer.passed ? "pass" : "held");
  } catch (error) {
    if (error instanceof Problem) {
      scanning.failure = error.text(words.language);
      return;
    }
    heard(false);
    // Without network the guard's word stands; the scan itself is kept and uploaded.
    if (scanning.offline) decided(decision, answer.passed ? "pass" : "held");
    else scanning.failure = t("unreachable");
  }
}
