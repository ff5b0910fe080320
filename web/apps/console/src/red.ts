/**
 * What waits for a second person, the lists that are held, and what looks odd; kept fresh.
 *
 * The server says of each proposal why the account cannot confirm it, so the page shows a reason
 * beside a button that does nothing instead of hiding it.
 */
import type { Proposal, RedFinding, RedList, RedListAnswer } from "@gridpass/api";
import { type Subscription, subscribe } from "@gridpass/kit/events";
import { Problem, send, sendJson } from "@gridpass/kit/problem";
import { reactive } from "vue";
import { clockReady } from "./ages";
import { session, setSession } from "./session";

const api = "/api/v1/";
const SHOWN_MAX = 100;
const ASK_EVERY_MS = 30_000;

export const red = reactive({
  proposals: null as Proposal[] | null,
  lists: null as RedList[] | null,
  findings: null as RedFinding[] | null,
  lineOpen: false,
  failure: null as unknown,
});

const is = (...roles: string[]): boolean => roles.includes(session.account?.role ?? "");
/** What the account may do; the server decides, this only spares it the question. */
export const may = {
  propose: () => is("grid_worker", "team_worker", "team_doctor", "team_police", "community_lead"),
  order: () => is("team_worker", "team_doctor", "team_police"),
  medical: () => is("team_doctor"),
  submit: () => is("team_worker", "team_doctor"),
  readLists: () => is("team_worker", "team_doctor", "team_police", "community_lead", "subdistrict_officer", "data_desk"),
  review: () => is("privacy_officer", "oversight"),
};
/** Whether there is anything on this page for the account. */
export const worksRed = (): boolean => may.propose() || may.readLists() || may.review();

const get = <T>(path: string): Promise<T> => sendJson<T>(api + path, { token: session.token });
const post = <T>(path: string, body: unknown = {}): Promise<T> =>
  sendJson<T>(api + path, { token: session.token, body });

/** Asks for everything again, now. */
export async function refreshRed(): Promise<void> {
  try {
    if (may.propose()) red.proposals = (await get<{ items: Proposal[] }>(`red-proposals?limit=${SHOWN_MAX}`)).items;
    if (may.readLists()) red.lists = (await get<{ items: RedList[] }>(`red-lists?limit=${SHOWN_MAX}`)).items.toReversed();
    if (may.review()) red.findings = (await get<{ items: RedFinding[] }>(`red-findings?limit=${SHOWN_MAX}`)).items;
    red.failure = null;
  } catch (error) {
    failed(error);
  }
}

function failed(error: unknown): void {
  if (error instanceof Problem && error.body.status === 401) setSession(null);
  else red.failure = error;
}

/** Keeps the page fresh until the answer is called. */
export function startRed(): () => void {
  const line: Subscription = subscribe({
    path: "/api/v1/events",
    token: session.token,
    onEvent: ({ event }) => {
      if (event === "red" || event === "resync") void refreshRed();
    },
    onLine: (open) => {
      red.lineOpen = open;
    },
  });
  void clockReady();
  const timer = setInterval(() => void refreshRed(), ASK_EVERY_MS);
  void refreshRed();
  return () => {
    clearInterval(timer);
    line.close();
  };
}

const decisions = {
  confirm: (of: Proposal): Promise<unknown> => post(`red-proposals/${of.person_id}/${of.proposal_id}/confirm`),
  refuse: (of: Proposal): Promise<unknown> => post(`red-proposals/${of.person_id}/${of.proposal_id}/refuse`),
  withdraw: (of: Proposal): Promise<unknown> => post(`red-proposals/${of.person_id}/${of.proposal_id}/withdraw`),
};

export const decide = (proposal: Proposal, verb: keyof typeof decisions): Promise<unknown> => decisions[verb](proposal);

/** Sends a file in, or with `dry` only asks what would happen. */
export const submitList = (csv: string, dry: boolean): Promise<RedListAnswer> =>
  sendJson(`${api}red-lists?dry_run=${dry}`, { token: session.token, body: csv, type: "text/csv" });

export const getList = (list: RedList): Promise<RedListAnswer> => get(`red-lists/${list.list_id}`);

const listAnswers = {
  approve: (list: RedList): Promise<unknown> => post(`red-lists/${list.list_id}/approve`),
  refuse: (list: RedList): Promise<unknown> => post(`red-lists/${list.list_id}/refuse`),
};

export const answerList = (list: RedList, verb: keyof typeof listAnswers): Promise<unknown> => listAnswers[verb](list);

export const closeFinding = (finding: RedFinding, outcome: "explained" | "passed_on"): Promise<unknown> =>
  send(`${api}red-findings/${finding.finding_id}/close`, { token: session.token, body: { outcome } });
