/**
 * The stops on this phone: read page by page, kept sealed, shown at once from the drawer and read
 * anew when there is network. What waits to be sent counts as done here already.
 */
import type { Stop, StopPerson } from "@gridpass/api";
import { Problem, Unreachable } from "@gridpass/kit/problem";
import { ended, refusal } from "@gridpass/staff/asking";
import { session } from "@gridpass/staff/session";
import { computed, reactive } from "vue";
import { listStops } from "../calls";
import { byDoor } from "./doors";
import { learnTime } from "./clock";
import { listen } from "./line";
import { drawer, lock } from "./lock";
import { flush, sends } from "./sends";

const KEPT = "stops";
const PAGES_MAX = 50;
const AGAIN_MS = 3_000;
const EVERY_MS = 5 * 60_000;

interface KeptStops {
  items: Stop[];
  as_of: string;
  done_today: number;
  tried_today: number;
}

export const work = reactive({
  items: [] as Stop[],
  /** When the server said so; null before the first time. */
  as_of: null as string | null,
  done_today: 0,
  tried_today: 0,
  reading: false,
  refused: "",
});

function take(kept: KeptStops): void {
  work.items = kept.items.toSorted(byDoor);
  Object.assign(work, { as_of: kept.as_of, done_today: kept.done_today, tried_today: kept.tried_today });
}

/** Shows what the drawer holds. */
export async function loadStops(): Promise<void> {
  const kept = await drawer().get<KeptStops>(KEPT);
  if (kept) take(kept);
}

async function readAll(): Promise<KeptStops> {
  const items: Stop[] = [];
  let after = 0;
  for (let pages = 0; ; pages++) {
    const page = await listStops(`mine=true&after=${after}`);
    learnTime(page.as_of);
    items.push(...page.items);
    const next = page.next ?? 0;
    if (!next || pages >= PAGES_MAX) return { ...page, items };
    after = next;
  }
}

/** Sends what waits, then reads everything anew. A lost line leaves what is on show. */
export async function refreshStops(): Promise<void> {
  if (work.reading || !lock.open || !session.token) return;
  work.reading = true;
  try {
    await flush();
    const read = await readAll();
    take(read);
    sends.online = true;
    work.refused = "";
    await drawer().put(KEPT, read);
  } catch (error) {
    if (error instanceof Unreachable) sends.online = false;
    else if (error instanceof Problem && !ended(error)) work.refused = refusal(error);
    else if (!(error instanceof Problem) && lock.open) throw error;
  } finally {
    work.reading = false;
  }
}

/** People of whom something waits to be sent. */
export const waiting = computed(() => {
  const found = new Set<number>();
  for (const send of sends.pending) if (send.kind === "call") for (const one of send.people) found.add(one.person_id);
  return found;
});

/** Doors whose open visits all wait to be sent. */
export const waitingDoor = (stop: Stop): boolean => {
  const open = stop.people.filter((one) => one.visits.length > 0);
  return open.length > 0 && open.every((one) => waiting.value.has(one.person_id));
};

export const stopOf = (key: number): Stop | undefined => work.items.find((one) => one.key === key);
export const openOf = (stop: Stop): StopPerson[] => stop.people.filter((one) => one.visits.length > 0);

let timer: ReturnType<typeof setTimeout> | undefined;

/** Reads anew soon, however many events come in. */
function soon(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void refreshStops(), AGAIN_MS);
}

/** Keeps the stops fresh while they are on show; answers what ends it. */
export function watchStops(): () => void {
  const silence = listen({
    onEvent: (event) => {
      if (event === "visit" || event === "resync") soon();
    },
  });
  const every = setInterval(() => {
    if (!document.hidden) void refreshStops();
  }, EVERY_MS);
  const back = (): void => {
    if (!document.hidden) soon();
  };
  addEventListener("online", soon);
  document.addEventListener("visibilitychange", back);
  void refreshStops();
  return () => {
    silence();
    clearInterval(every);
    clearTimeout(timer);
    removeEventListener("online", soon);
    document.removeEventListener("visibilitychange", back);
  };
}
