/**
 * Readings that were taken and wait to be sent: kept sealed in the worker's drawer, in order, sent
 * once each.
 *
 * A reading counts as entered the moment it is kept. Sending again is harmless: it has its instant and
 * its key. What the server refuses, and whom a reading alerted the team to, stays in the drawer and on
 * show until somebody has seen it.
 */
import type { NewCheck } from "@gridpass/api";
import { Problem, Unreachable } from "@gridpass/kit/problem";
import { ended } from "@gridpass/staff/asking";
import { session } from "@gridpass/staff/session";
import { reactive } from "vue";
import { recordCheck } from "../response-calls";
import { drawer, lock } from "../work/lock";
import { isFinal } from "../work/sends";

export interface WaitingCheck {
  person_id: number;
  name: string;
  check: NewCheck & { at: string };
}

/** A reading that was not taken, and why, in both languages. */
export interface RefusedCheck {
  key: string;
  name: string;
  en: string;
  zh: string;
}

/** What somebody has to see, as the drawer keeps it. */
interface Told {
  refused: RefusedCheck[];
  /** People whose reading alerted the team. */
  alerted: string[];
}

const QUEUE = "checks";
const TOLD = "checks-told";
const WAITING_MAX = 200;
const RETRY_MS = 10_000;

export const checks = reactive({
  waiting: [] as WaitingCheck[],
  refused: [] as RefusedCheck[],
  alerted: [] as string[],
  busy: false,
  /** Counts what arrived, so that lists know to read anew. */
  arrived: 0,
});

const queue = () => drawer().queue<WaitingCheck>(QUEUE);

async function readWaiting(): Promise<void> {
  checks.waiting = await queue().list(WAITING_MAX);
}

const keepTold = (): Promise<void> => drawer().put(TOLD, { refused: checks.refused, alerted: checks.alerted });

/** Reads what an earlier run left. */
export async function loadChecks(): Promise<void> {
  const told = await drawer().get<Told>(TOLD);
  Object.assign(checks, told ?? { refused: [], alerted: [] });
  await readWaiting();
}

/** Keeps a reading; it is safe once this has resolved. Then it is sent, if there is a network. */
export async function addCheck(waiting: WaitingCheck): Promise<void> {
  await queue().add(waiting);
  await readWaiting();
  void flushChecks();
}

async function sendOne({ person_id, name, check }: WaitingCheck, key: string): Promise<void> {
  try {
    const { alerted } = await recordCheck(person_id, check, key);
    if (alerted && !checks.alerted.includes(name)) checks.alerted.push(name);
  } catch (error) {
    if (!(error instanceof Problem) || !isFinal(error)) throw error;
    const refused = { key, name, en: error.text("en"), zh: error.text("zh-CN") };
    checks.refused = [...checks.refused.filter((one) => one.key !== key), refused];
  }
  await keepTold();
}

/** Sends what is waiting, oldest first; a lost line leaves everything as it was. */
export async function flushChecks(): Promise<void> {
  if (checks.busy || !lock.open || !session.token) return;
  checks.busy = true;
  try {
    for (;;) {
      const claim = await queue().claim(1, () => crypto.randomUUID());
      const waiting = claim?.items[0];
      if (!claim || !waiting) break;
      await sendOne(waiting, claim.key);
      await queue().settle(claim.key);
      await readWaiting();
      checks.arrived++;
    }
  } catch (error) {
    if (!(error instanceof Unreachable) && !(error instanceof Problem) && lock.open) throw error;
    ended(error);
  } finally {
    checks.busy = false;
  }
}

/** Somebody has seen a refusal. */
export async function dropRefused(key: string): Promise<void> {
  checks.refused = checks.refused.filter((one) => one.key !== key);
  await keepTold();
}

/** Somebody has seen whom the team was alerted to. */
export async function dropAlerted(): Promise<void> {
  checks.alerted = [];
  await keepTold();
}

addEventListener("online", () => void flushChecks());
setInterval(() => {
  if (checks.waiting.length > 0) void flushChecks();
}, RETRY_MS);
