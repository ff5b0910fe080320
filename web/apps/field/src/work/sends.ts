/**
 * What waits to be sent: kept sealed and in order, sent once each when there is network.
 *
 * A send is settled only after the server has answered for everybody in it. What the server answers
 * with a conflict or a refusal becomes an `Issue` that stays on show until somebody decides; nothing
 * is dropped in silence. Repeating a send is harmless: a call has a number, a newcomer a document.
 */
import type { CallInput, CallResult, NewPerson } from "@gridpass/api";
import { Problem, Unreachable } from "@gridpass/kit/problem";
import { ended } from "@gridpass/staff/asking";
import { session } from "@gridpass/staff/session";
import { reactive } from "vue";
import { createPerson, putPhoto, recordCalls } from "../calls";
import { drawer, lock } from "./lock";

/** A call at a door about people the server knows. */
export interface CallSend {
  kind: "call";
  call_id: number;
  called_at: string;
  /** The stop, and how it reads. */
  key: number;
  door: string;
  people: CallInput[];
  names: Record<number, string>;
}

/** Somebody new at a door; enters, pictures and verifies in this order. */
export interface NewcomerSend {
  kind: "newcomer";
  call_id: number;
  called_at: string;
  key: number;
  door: string;
  person: NewPerson;
  /** Name of the picture in the drawer. */
  photo?: string;
  verified: boolean;
}

export type Send = CallSend | NewcomerSend;

/** Something the server did not take: somebody has to look. */
export interface Issue {
  id: string;
  send: Send;
  /** The answer for one person; absent when the whole was refused. */
  result?: CallResult;
  message?: string;
  message_zh?: string;
}

const QUEUE = "sends";
const ISSUES = "issues";
const PENDING_MAX = 500;
const RETRY_MS = 15_000;

export const sends = reactive({
  pending: [] as Send[],
  issues: [] as Issue[],
  busy: false,
  /** Whether the last try reached the server. */
  online: navigator.onLine,
  sent_ms: 0,
  /** Why the server takes nothing at this moment, in both languages; it is tried again. */
  held: null as { en: string; zh: string } | null,
  /** Counts what was sent, so that lists know to read anew. */
  settled: 0,
});

/** A number for a call: random, exact in JavaScript. */
export const newCallId = (): number =>
  Math.floor(Math.random() * 2 ** 26) * 2 ** 27 + Math.floor(Math.random() * 2 ** 27) || 1;

async function readPending(): Promise<void> {
  sends.pending = await drawer().queue<Send>(QUEUE).list(PENDING_MAX);
}

const keepIssues = (): Promise<void> => drawer().put(ISSUES, sends.issues);

/** Reads what an earlier run left. */
export async function loadSends(): Promise<void> {
  sends.issues = (await drawer().get<Issue[]>(ISSUES)) ?? [];
  await readPending();
}

/** Keeps a send; it is safe once this has resolved. Then it is tried at once. */
export async function addSend(send: Send): Promise<void> {
  await drawer().queue<Send>(QUEUE).add(send);
  await readPending();
  void flush();
}

/** Raises an issue once, however often its send is repeated. */
async function raise(issue: Issue): Promise<void> {
  sends.issues = [...sends.issues.filter((one) => one.id !== issue.id), issue];
  await keepIssues();
}

/** Takes an issue off: somebody decided. */
export async function dropIssue(id: string): Promise<void> {
  sends.issues = sends.issues.filter((one) => one.id !== id);
  await keepIssues();
}

async function sendCall(send: CallSend): Promise<void> {
  const { call_id, called_at, people } = send;
  const { results } = await recordCalls({ call_id, called_at, people });
  for (const result of results) {
    if (result.status === "saved" || result.status === "repeated") continue;
    const own = people.filter((one) => one.person_id === result.person_id);
    const message = { message: result.message ?? "", message_zh: result.message_zh ?? "" };
    await raise({ id: `${call_id}/${result.person_id}`, send: { ...send, people: own }, result, ...message });
  }
}

async function sendNewcomer(send: NewcomerSend): Promise<void> {
  const { person_id } = await createPerson(send.person, `field-${send.call_id}`);
  const photo = send.photo ? await drawer().getBytes(send.photo) : undefined;
  if (photo) await putPhoto(person_id, new Blob([photo], { type: "image/jpeg" }));
  if (send.verified) {
    const enclosure_id = send.person.enclosure_id ?? null;
    const own: CallInput = { person_id, outcome: "verified_moved_in", seen: {}, enclosure_id };
    await sendCall({ ...send, kind: "call", people: [own], names: { [person_id]: send.person.name } });
  }
  if (send.photo) await drawer().remove(send.photo);
}

/** A refusal that would be the same the next time; anything else is tried again. */
export const isFinal = ({ body }: Problem): boolean =>
  body.status >= 400 && body.status < 500 && ![401, 403, 408, 429].includes(body.status);

async function sendOne(send: Send): Promise<void> {
  try {
    await (send.kind === "call" ? sendCall(send) : sendNewcomer(send));
  } catch (error) {
    if (!(error instanceof Problem) || !isFinal(error)) throw error;
    await raise({ id: String(send.call_id), send, message: error.text("en"), message_zh: error.text("zh-CN") });
  }
}

/** Sends what is waiting, oldest first. A lost line leaves everything as it was, for the next time. */
export async function flush(): Promise<void> {
  if (sends.busy || !lock.open || !session.token) return;
  sends.busy = true;
  const queue = drawer().queue<Send>(QUEUE);
  try {
    for (;;) {
      const claim = await queue.claim(1, () => crypto.randomUUID());
      const send = claim?.items[0];
      if (!claim || !send) break;
      await sendOne(send);
      sends.held = null;
      await queue.settle(claim.key);
      await readPending();
      sends.settled++;
      sends.sent_ms = Date.now();
    }
    sends.online = navigator.onLine;
  } catch (error) {
    if (error instanceof Unreachable) sends.online = false;
    else if (error instanceof Problem) {
      if (!ended(error)) sends.held = { en: error.text("en"), zh: error.text("zh-CN") };
    } else if (lock.open) throw error;
  } finally {
    sends.busy = false;
  }
}

addEventListener("online", () => void flush());
setInterval(() => {
  if (sends.pending.length > 0) void flush();
}, RETRY_MS);
