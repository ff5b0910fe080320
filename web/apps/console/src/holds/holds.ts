/**
 * What waits for a person before it changes many passes, of every kind, kept fresh.
 *
 * Each kind is asked for only where the role may read it; the server decides.
 */
import type {
  RedList,
  RedListPage,
  RegistryImport,
  RegistryImportPage,
  RuleSchedule,
  RuleSchedulePage,
  SourceRhythm,
  SourceView,
  TimeHold,
  TimeHoldPage,
  TimeHoldView,
} from "@gridpass/api";
import { type Subscription, subscribe } from "@gridpass/kit/events";
import { send, sendJson } from "@gridpass/kit/problem";
import { reactive } from "vue";
import { clockReady } from "../ages";
import { ended, refusal } from "../asking";
import { loadDivisions } from "../places";
import { mayDo } from "../rights";
import { session } from "../session";

const api = "/api/v1/";
const LISTED_MAX = 1000;
const ASK_EVERY_MS = 30_000;
const HEARD = ["holds", "rules", "red", "resync"];

export const holds = reactive({
  time: null as TimeHold[] | null,
  sources: null as SourceView[] | null,
  imports: [] as RegistryImport[],
  schedules: [] as RuleSchedule[],
  lists: [] as RedList[],
  lineOpen: false,
  refused: "",
});

const get = <T>(path: string): Promise<T> => sendJson<T>(api + path, { token: session.token });
const post = <T>(path: string, body: unknown): Promise<T> => sendJson<T>(api + path, { token: session.token, body });
const listed = async <T>(may: boolean, path: string): Promise<T[]> =>
  may ? (await get<{ items: T[] }>(`${path}limit=${LISTED_MAX}`)).items.toReversed() : [];

export const getTimeHold = (id: number): Promise<TimeHoldView> => get(`time-holds/${id}`);
export const releaseTimeHold = (id: number, note: string): Promise<TimeHoldView> =>
  post(`time-holds/${id}/release`, { note });
export const keepTimeHold = (id: number, until_at: string, note: string): Promise<TimeHoldView> =>
  post(`time-holds/${id}/keep`, { until_at, note });
export const setSourceRhythm = (rhythm: SourceRhythm): Promise<unknown> =>
  send(`${api}sources/rhythm`, { token: session.token, body: rhythm });
export const releaseImport = (id: number, note: string): Promise<RegistryImport> =>
  post(`registry-imports/${id}/release`, { note });

/** Whether an import still waits: held, and not carried out after a release. */
const importWaits = (one: RegistryImport, all: RegistryImport[]): boolean =>
  !!one.held && !all.some((other) => other.releases === one.import_id);

/** Asks for everything again, now. */
export async function refreshHolds(): Promise<void> {
  try {
    const [time, sources, imports, schedules, lists] = await Promise.all([
      listed<TimeHoldPage["items"][number]>(true, "time-holds?"),
      get<SourceView[]>("sources"),
      listed<RegistryImportPage["items"][number]>(mayDo("ReadImports"), "registry-imports?"),
      listed<RuleSchedulePage["items"][number]>(mayDo("ReadRules"), "rule-schedules?"),
      listed<RedListPage["items"][number]>(mayDo("ReadRedLists"), "red-lists?status=held&"),
    ]);
    Object.assign(holds, {
      time,
      sources,
      imports: imports.filter((one) => importWaits(one, imports)),
      schedules: schedules.filter((one) => one.status === "held"),
      lists,
      refused: "",
    });
  } catch (error) {
    if (!ended(error)) holds.refused = refusal(error);
  }
}

/** Keeps them fresh until the answer is called. */
export function startHolds(): () => void {
  const line: Subscription = subscribe({
    path: "/api/v1/events",
    token: session.token,
    onEvent: ({ event }) => {
      if (HEARD.includes(event)) void refreshHolds();
    },
    onLine: (open) => {
      holds.lineOpen = open;
    },
  });
  void clockReady();
  void loadDivisions();
  const timer = setInterval(() => void refreshHolds(), ASK_EVERY_MS);
  void refreshHolds();
  return () => {
    clearInterval(timer);
    line.close();
  };
}

/** Whether somebody has to decide, or keeps the old colours. */
export const isOpen = (hold: TimeHold): boolean => hold.status === "held" || hold.status === "kept";
