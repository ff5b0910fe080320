/** Asking the server about one scan: what it says, or that nobody said anything. */
import type { Decision, NewScan } from "@gridpass/api";
import { isAnswer, Problem } from "@gridpass/kit/problem";
import { createScan, SHIFT_NEEDED } from "./calls";
import { device, heard } from "./device";

const TRIES_MAX = 3;
const AGAIN_MS = 300;
const AGAIN_MS_MAX = 5_000;

/** Decided or refused by the server itself; silent when nobody answered, or only somebody on the way. */
export type Outcome = { is: "decided"; decision: Decision } | { is: "refused"; problem: Problem } | { is: "silent" };

export const pause = (ms: number): Promise<null> => new Promise((wake) => setTimeout(() => wake(null), ms));

async function attempt(body: NewScan, tries_left: number): Promise<Outcome> {
  try {
    const decision = await createScan(device.token, body);
    heard(true);
    return { is: "decided", decision };
  } catch (error) {
    if (isAnswer(error)) {
      heard(true);
      // Nobody is on duty for the server: until the guard signs in, the device decides by itself.
      if (error.body.code === SHIFT_NEEDED) return { is: "silent" };
      return { is: "refused", problem: error };
    }
    if (tries_left <= 1) {
      heard(false);
      return { is: "silent" };
    }
    const asked_ms = error instanceof Problem && error.retry_after_s !== null ? error.retry_after_s * 1000 : AGAIN_MS;
    await pause(Math.min(asked_ms, AGAIN_MS_MAX));
    return attempt(body, tries_left - 1);
  }
}

/**
 * Asks; the same request again while nobody answers, for the server knows a scan by person, time and
 * gate. Never rejects.
 */
export const askServer = (body: NewScan): Promise<Outcome> => attempt(body, TRIES_MAX);
