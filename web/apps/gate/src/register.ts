/** The hand-written register: the last rung. What is being written keeps its own reading. */
import { districtTimestamp } from "@gridpass/kit/age";
import { reactive } from "vue";
import { count, now_ms } from "./device";
import { say } from "./notice";
import { keepEntry } from "./outbox";
import { asked, keepReading, next, scanning } from "./scanning";
import { announce } from "./sound";
import { lineOf } from "./typed";
import { whenLocked } from "./vault";
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

/** Writes somebody into the register by hand, when nothing else is left. Gives the name. */
export async function writeDown(passed: boolean): Promise<string> {
  const [name, phone] = [plain(entry.name), plain(entry.phone)];
  const document_number = plain(entry.document_number).toUpperCase();
  const action = passed ? "pass" : "stop";
  await keepEntry({
    at: districtTimestamp(now_ms()),
    direction: scanning.direction,
    action,
    name,
    ...(phone && { phone }),
    ...(document_number && { document_number }),
    ...(entry.temperature !== null && { temperature: entry.temperature }),
  });
  clearEntry();
  announce(action);
  count(action);
  return name;
}
