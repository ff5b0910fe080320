/**
 * Readings that were taken and wait to be sent: kept sealed and in order, sent once each.
 *
 * A reading counts as entered the moment it is kept. Sending again is harmless: it has its instant and
 * its key. What the server refuses stays on show with its reason until somebody has seen it.
 */
import type { NewCheck } from "@gridpass/api";
import { Problem, Unreachable } from "@gridpass/kit/problem";
import { ended } from "@gridpass/staff/asking";
import { session } from "@gridpass/staff/session";
import { reactive } from "vue";
import { recordCheck } from "../response-calls";
import { queueOf } from "./drawer";

export interface WaitingCheck {
  person_id: number;
  name: string;
  check: NewCheck & { at: string };
}

export interface RefusedCheck {
  waiting: WaitingCheck;
  problem: Problem;
}

const QUEUE = "checks";
const WAITING_MAX = 200;
const RETRY_MS = 10_000;

export const checks = reactive({
  waiting: [] as WaitingCheck[],
  refused: [] as RefusedCheck[],
  /** People whose reading alerted the team. */
  alerted: [] as string[],
  online: navigator.onLine,
  busy: false,
  /** Counts what arrived, so that lists know to read anew. */
  arrived: 0,
});

async function readWaiting(): Promise<void> {
  checks.waiting = await (await queueOf<WaitingCheck>(QUEUE)).list(WAITING_MAX);
}

/** Keeps a reading; it is safe once this has resolved. Then it is sent, if there is a network. */
export async function addCheck(waiting: WaitingCheck): Promise<void> {
  await (await queueOf<WaitingCheck>(QUEUE)).add(waiting);
  await readWaiting();
  void flush();
}

/** A refusal that would be the same the next time. */
const isFinal = ({ body }: Problem): boolean =>
  body.status >= 400 && body.status < 500 && ![401, 403, 408, 429].includes(body.status);

async function sendOne(waiting: WaitingCheck, key: string): Promise<void> {
  try {
    const { alerted } = await recordCheck(waiting.person_id, waiting.check, key);
    if (alerted) checks.alerted.push(waiting.name);
  } catch (error) {
    if (!(error instanceof Problem) || !isFinal(error)) throw error;
    checks.refused.push({ waiting, problem: error });
  }
}

/** Sends what is waiting, oldest first; a lost line leaves everything as it was. */
export async function flush(): Promise<void> {
  if (checks.busy || !session.token) return;
  checks.busy = true;
  try {
    const queue = await queueOf<WaitingCheck>(QUEUE);
    for (;;) {
      const claim = await queue.claim(1, () => crypto.randomUUID());
      const waiting = claim?.items[0];
      if (!claim || !waiting) break;
      await sendOne(waiting, claim.key);
      await queue.settle(claim.key);
      checks.arrived++;
    }
    checks.online = true;
  } catch (error) {
    if (error instanceof Unreachable) checks.online = false;
    else if (!ended(error) && !(error instanceof Problem)) throw error;
  } finally {
    if (session.token) await readWaiting();
    checks.busy = false;
  }
}

/** Reads what an earlier page left, and sends it. */
export async function startChecks(): Promise<void> {
  await readWaiting();
  await flush();
}

addEventListener("online", () => void flush());
setInterval(() => {
  if (checks.waiting.length > 0) void flush();
}, RETRY_MS);
