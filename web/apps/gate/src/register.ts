/** The hand-written register: the last rung. What is being written keeps its own reading. */
import type { Direction, NewEntry, NewScan } from "@gridpass/api";
import { districtTimestamp } from "@gridpass/kit/age";
import { reactive } from "vue";
import { isHot } from "./before";
import { count, device, now_ms } from "./device";
import { say, tell } from "./notice";
import { keepEntry, sendOutbox } from "./outbox";
import { asked, keepReading, next, scanning } from "./scanning";
import { announce } from "./sound";
import { lineOf } from "./typed";
import { whenLocked } from "./vault";
import { strangerEntry } from "./whose";
import { t } from "./words";

const CLEAR = { name: "", document_number: "", phone: "", temperature: null as number | null };

export const entry = reactive({ ...CLEAR });

export const clearEntry = (): unknown => Object.assign(entry, CLEAR);

whenLocked(clearEntry);

/** Begins with the person before the guard, whom nobody knows: their number and reading. */
export function writeInstead(): void {
  const { measured } = scanning;
  Object.assign(entry, CLEAR, { document_number: asked()?.document_number ?? "", temperature: measured });
  next();
}

/** A reading taken before is of whom is written down now. */
export function takeKept(): void {
  entry.temperature ??= scanning.temperature;
  keepReading(null);
}

/** A thermometer typed while somebody is being written down. */
export function measureEntry(text: string): void {
  const line = lineOf(text, now_ms());
  if (line.is === "reading") entry.temperature = line.celsius;
  else say(t("temperature_absurd"));
}

/** What was pasted may hold tabs and the like, which no name has. */
export const plain = (text: string): string => text.replaceAll(/\p{C}+/gu, " ").replaceAll(/\s+/gu, " ").trim();

/** Whether something was written down that is not in the register yet. */
export const isUnfinished = (): boolean =>
  entry.temperature !== null || [entry.name, entry.document_number, entry.phone].some((text) => plain(text) !== "");

function entryOf(written: typeof entry, direction: Direction, action: "pass" | "stop", at_ms: number): Omit<NewEntry, "entry_key"> {
  const [name, phone] = [plain(written.name), plain(written.phone)];
  const document_number = plain(written.document_number).toUpperCase();
  return {
    at: districtTimestamp(at_ms),
    direction,
    action,
    ...(name && { name }),
    ...(phone && { phone }),
    ...(document_number && { document_number }),
    ...(written.temperature !== null && { temperature: written.temperature }),
  };
}

/** Keeps it and tells at once: somebody with a fever does not wait for the next sign of life. */
async function enter(made: Omit<NewEntry, "entry_key">): Promise<void> {
  await keepEntry(made);
  count(made.action);
  if (device.online) void sendOutbox();
}

/** Writes somebody into the register by hand, when nothing else is left. Gives the name. */
export async function writeDown(passed: boolean): Promise<string> {
  const action = passed ? "pass" : "stop";
  const made = entryOf(entry, scanning.direction, action, now_ms());
  await enter(made);
  clearEntry();
  announce(action);
  return made.name ?? "";
}

/** Of somebody nobody knows, stopped with a fever. */
export const writeStranger = (who: NewScan, celsius: number): Promise<void> =>
  enter(strangerEntry(who, celsius, t("nobody_known")));

/** A half-written entry with a fever goes into the register as far as it came; gives whether it has one. */
export async function writeFever(written: typeof entry, direction: Direction, at_ms: number): Promise<boolean> {
  if (!isHot(written.temperature)) return false;
  const made = entryOf(written, direction, "stop", at_ms);
  await enter(made.name || made.document_number ? made : { ...made, name: t("nobody_known") });
  return true;
}

const sayWritten = (celsius: number): void => tell(t("stranger_written", { celsius: celsius.toFixed(1) }));

let leaving = false;

/** The next person after one whom nobody knows: a fever of theirs goes into the register by itself. */
export async function leaveStranger(): Promise<void> {
  const { measured } = scanning;
  const who = asked();
  if (leaving) return;
  leaving = true;
  try {
    if (who && measured !== null && isHot(measured)) await writeStranger(who, measured);
    next();
    if (measured !== null && isHot(measured)) sayWritten(measured);
  } finally {
    leaving = false;
  }
}

/** The guard goes back from a half-written entry: a fever of it goes into the register by itself. */
export async function leaveEntry(): Promise<void> {
  const { temperature } = entry;
  if (leaving) return;
  leaving = true;
  try {
    const hot = await writeFever(entry, scanning.direction, now_ms());
    clearEntry();
    if (hot && temperature !== null) sayWritten(temperature);
  } finally {
    leaving = false;
  }
}
