/** The check on the spot: the guard's word, told to the server now or later, once. */
import type { Decision, NewGateCheck } from "@gridpass/api";
import { districtTimestamp } from "@gridpass/kit/age";
import { isAnswer } from "@gridpass/kit/problem";
import { createGateCheck, SHIFT_NEEDED } from "./calls";
import { device, heard, now_ms } from "./device";
import { keepCheck, keepNamed } from "./outbox";
import { said } from "./said";
import { asked, scanning, show } from "./scanning";

export interface CheckAnswer extends Pick<NewGateCheck, "passed" | "travel_history" | "travel_cities" | "host"> {
  /** What the guard was told of somebody named by a number alone. */
  name?: string;
}

/** Digits in a row, however spaced or wide, that may be a telephone or a document. */
const NUMBER = /\p{N}(?:[-\s]*\p{N}){6}/u;

/** Whether a text may say at whose door a host agreed: a room or an office, and nobody's number. */
export const isDoor = (text: string): boolean => text.trim() !== "" && !NUMBER.test(text);

/** What is on record of a check: the guard's answers, and of whom. */
function checkOf({ person_id }: Decision, { name: _name, ...told }: CheckAnswer): NewGateCheck {
  return { ...told, person_id, at: districtTimestamp(now_ms()) };
}

/** Without network the guard's word stands, and is told later; who was only named goes into the register. */
async function settleOffline(decision: Decision, answer: CheckAnswer): Promise<void> {
  const pending = asked();
  if (decision.person_id > 0) await keepCheck(checkOf(decision, answer), crypto.randomUUID());
  else if (pending) {
    const shown_colour = decision.colour;
    await keepNamed(pending, answer.passed ? "pass" : "stop", { shown_colour, name: answer.name });
  }
  show(decision, answer.passed ? "pass" : "held");
}

/** Records a check on the spot and shows what follows. */
export async function check(answer: CheckAnswer): Promise<void> {
  const { decision, offline } = scanning;
  if (!decision) return;
  if (offline) return settleOffline(decision, answer);
  const body = checkOf(decision, answer);
  // The same key when it is told again: its answer may be all that got lost.
  const key = crypto.randomUUID();
  const gate_reason = answer.passed ? "checked" : decision.gate_reason;
  try {
    const followed = await createGateCheck(device.token, body, key);
    heard(true);
    const stopped = followed.colour === "red";
    // A check the guard has passed opens the gate even where the table asks for it every time.
    show({ ...decision, ...followed, gate_reason }, stopped ? "stop" : answer.passed ? "pass" : "held");
  } catch (error) {
    const over = isAnswer(error) && error.body.code === SHIFT_NEEDED;
    if (isAnswer(error) && !over) {
      scanning.failure = said(error);
      return;
    }
    // The network went meanwhile, or the shift: the guard's word stands, and is sent later.
    if (!over) heard(false);
    await keepCheck(body, key);
    scanning.untold = true;
    show({ ...decision, gate_reason }, answer.passed ? "pass" : "held");
  }
}
