/** The hand-written register: the last rung. */
import { districtTimestamp } from "@gridpass/kit/age";
import { count, now_ms } from "./device";
import { keepEntry } from "./outbox";
import { keepReading, scanning } from "./scanning";
import { announce } from "./sound";

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
  keepReading(null);
  announce(passed ? "pass" : "stop");
  count(passed ? "pass" : "stop");
}
