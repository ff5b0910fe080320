/**
 * What the page shows, kept fresh.
 *
 * In a district at work the numbers move all the time, so the page asks for them every few seconds
 * while somebody looks at it, and at once, though at most once a second, when the server tells of an
 * event. Alerts come by event. A lost line shows as age and not as a lie. The numbers of the map's
 * cells move slower and are asked for less often.
 */
import type { AlertView, DivisionCounts, DivisionView, LiveStats, PeopleStats } from "@gridpass/api";
import { type Subscription, subscribe } from "@gridpass/kit/events";
import { Problem } from "@gridpass/kit/problem";
import { reactive } from "vue";
import { setServerTime } from "./ages";
import { getLiveStats, getPeopleStats, listAlerts, listDivisions } from "./calls";
import { session, setSession, worksAlerts } from "./session";

const ASK_EVERY_MS_MIN = 1_000;
const ASK_EVERY_MS_MAX = 3_000;
const ALERTS_EVERY_MS = 30_000;
const CELLS_EVERY_MS = 20_000;

export const live = reactive({
  division: "",
  tree: [] as DivisionView[],
  people: null as PeopleStats | null,
  stats: null as LiveStats | null,
  /** Counts of the divisions two levels down, by code. */
  cells: {} as Record<string, DivisionCounts>,
  alerts: null as AlertView[] | null,
  /** How often the server told of lifted masks. */
  glass_seen: 0,
  /** When the numbers on the screen were true, by this computer's clock. */
  heard_ms: 0,
  lineOpen: false,
  failure: null as unknown,
});

let asked_ms = 0;
let cells_ms = 0;
let alerts_ms = 0;
let timer = 0;
let line: Subscription | null = null;

/** An expired session goes back to the sign-in page; anything else is shown with the old numbers. */
function failed(error: unknown): void {
  if (error instanceof Problem && error.body.status === 401) setSession(null);
  else live.failure = error;
}

async function askCells(children: DivisionCounts[]): Promise<void> {
  const parents = children.filter((child) => live.tree.some((division) => division.parent === child.code));
  const answers = await Promise.all(parents.map((parent) => getPeopleStats(parent.code)));
  live.cells = Object.fromEntries(answers.flatMap((answer) => answer.children.map((cell) => [cell.code, cell])));
}

async function askNumbers(): Promise<void> {
  const division = live.division;
  if (!division) return;
  asked_ms = Date.now();
  const stats = await getLiveStats(division);
  if (division !== live.division) return;
  setServerTime(stats.as_of);
  Object.assign(live, { people: stats.people, stats, heard_ms: Date.now(), failure: null });
  if (Date.now() - cells_ms < CELLS_EVERY_MS) return;
  cells_ms = Date.now();
  await askCells(stats.people.children);
}

async function askAlerts(): Promise<void> {
  alerts_ms = Date.now();
  if (!live.division || !worksAlerts()) return;
  const page = await listAlerts(live.division);
  live.alerts = page.items
    .filter((alert) => alert.status !== "closed")
    .toSorted((a, b) => Date.parse(b.happened_at) - Date.parse(a.happened_at));
}

/** Asks for everything again, now. */
export async function refresh(): Promise<void> {
  await Promise.all([askNumbers(), askAlerts()]).catch(failed);
}

/** Asks for the numbers soon, however many events come in. */
function numbersMoved(): void {
  clearTimeout(timer);
  timer = window.setTimeout(() => askNumbers().catch(failed), Math.max(0, asked_ms + ASK_EVERY_MS_MIN - Date.now()));
}

/** Shows another division. */
export async function goTo(division: string): Promise<void> {
  cells_ms = 0;
  Object.assign(live, { division, cells: {}, people: null, stats: null, alerts: null });
  await refresh();
}

/** Starts with the division of the signed-in account. */
export async function startLive(): Promise<() => void> {
  line = subscribe({
    path: "/api/v1/events",
    token: session.token,
    onEvent: ({ event }) => {
      if (event === "alert" || event === "resync") void askAlerts().catch(failed);
      if (event === "break_glass" || event === "resync") live.glass_seen++;
      numbersMoved();
    },
    onLine: (open) => {
      live.lineOpen = open;
    },
  });
  const heartbeat = setInterval(() => {
    if (!document.hidden && Date.now() - asked_ms >= ASK_EVERY_MS_MAX) askNumbers().catch(failed);
    if (Date.now() - alerts_ms >= ALERTS_EVERY_MS) askAlerts().catch(failed);
  }, ASK_EVERY_MS_MIN);
  const stop = (): void => {
    clearInterval(heartbeat);
    clearTimeout(timer);
    line?.close();
  };
  try {
    const prefix = session.account?.jurisdiction ?? "";
    live.tree = await listDivisions(prefix);
    const own = live.tree.find((division) => division.code === prefix);
    const top = own ?? live.tree.find((division) => !live.tree.some((other) => other.code === division.parent));
    await goTo(top?.code ?? prefix);
  } catch (error) {
    failed(error);
  }
  return stop;
}
