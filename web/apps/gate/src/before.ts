/**
 * Who is before the guard: the question and the answer on the screen, the group, and a reading that was
 * taken before anybody was scanned.
 */
import type { Decision, Direction, HolderCard, NewScan } from "@gridpass/api";
import { reactive } from "vue";
import type { Decided } from "./offline";
import { FEVER_C } from "./table";
import { isTheirs } from "./whose";

export type Shown = "pass" | "check" | "stop" | "held";

/** Somebody of a group. */
export interface Member {
  /** What was asked: who is only named goes into the register by it. */
  body: NewScan;
  decision: Decision;
  shown: Shown;
  name: string;
  offline: Decided | null;
  /** Their last reading. */
  measured: number | null;
}

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
  /** Another person's code was read over this one's answer, and not taken. */
  another: false,
  /** The guard asked for another reading of this person: the sheet for it is open. */
  again: false,
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

/** What the screen does not show of it. */
export const own = {
  last: { code: "", seen_ms: 0 },
  pending: null as NewScan | null,
  /** Counts who is before the guard: what comes late finds out whether it is still about them. */
  turn: 0,
  /** A reading that came while the answer was being waited for. */
  early: null as number | null,
  /** Of a group: whose answer is on the screen. */
  member: null as Member | null,
  /** Of a group: who was scanned last, and stands there still. */
  standing: null as Member | null,
};

export function clear(): void {
  if (scanning.photo) URL.revokeObjectURL(scanning.photo);
  Object.assign(scanning, CLEAR);
}

export const isHot = (celsius: number | null | undefined): boolean => (celsius ?? 0) >= FEVER_C;

/** Whether somebody was stopped, or is known, with a fever. */
export const hasFever = (who: { decision: Decision | null; measured: number | null }): boolean =>
  who.decision?.gate_reason === "fever" || isHot(who.measured);

/** Whether a reading that comes now is of the person on the screen. */
export const readingIsTheirs = (): boolean => isTheirs({ ...scanning, fever: hasFever(scanning) });

/** A reading before anybody was scanned is the next person's, if they come soon. */
const READING_MS = 30_000;
let dropping = 0;

export function dropReading(): void {
  clearTimeout(dropping);
  scanning.temperature = null;
}

/** Keeps a reading for the next person, for a short while; null takes it away. */
export function keepReading(celsius: number | null): void {
  dropReading();
  scanning.temperature = celsius;
  if (celsius !== null) dropping = window.setTimeout(dropReading, READING_MS);
}
