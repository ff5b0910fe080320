/**
 * What the team has before it: alerts, people under observation, needs, openings, orders.
 *
 * A list is read when its page opens, and again when the server tells of a change while it is on
 * show, at most once a second; alerts are read all the time, for they do not wait for a page. What
 * was read last lies sealed in the drawer and stays on show without network, with its age.
 */
import type {
  AlertNotice,
  AlertView,
  NeedView,
  ObservedPage,
  OpeningView,
  OrderPage,
  Proposal,
  Role,
} from "@gridpass/api";
import { Problem, Unreachable } from "@gridpass/kit/problem";
import { ended, refusal } from "@gridpass/staff/asking";
import { session } from "@gridpass/staff/session";
import { onMounted, onUnmounted, reactive, watch } from "vue";
import { listAlertNotices, listAlerts, listNeeds, listObserved, listOpenings, listOrders, listProposals } from "../response-calls";
import { clockReady, now_ms } from "../work/clock";
import { listen } from "../work/line";
import { drawer, lock } from "../work/lock";
import { checks } from "./checks";

const PARTS = ["alerts", "watch", "needs", "orders"] as const;
export type Part = (typeof PARTS)[number];

/** The team; grid workers watch and help, see to those held at a gate, and leave other alerts and orders to it. */
export const TEAM: Role[] = ["team_worker", "team_doctor", "team_police", "community_lead"];
export const WATCHERS: Role[] = [...TEAM, "grid_worker"];
const ORDERERS: Role[] = ["team_worker", "team_doctor", "team_police"];
const ISSUERS: Role[] = ["team_worker", "team_doctor", "community_lead"];
const acts = (roles: Role[]): boolean => !!session.account?.role && roles.includes(session.account.role);
/** The server decides; this spares people what they may not do. */
export const may = {
  watch: () => acts(WATCHERS),
  /** Alerts: the server shows grid workers those of somebody held at a gate only. */
  respond: () => acts(WATCHERS),
  order: () => acts(ORDERERS),
  discharge: () => acts(["team_doctor"]),
  issue: () => acts(ISSUERS),
  confirm: () => acts(TEAM),
};

interface Board {
  alerts: AlertView[] | null;
  notices: AlertNotice[];
  observed: ObservedPage | null;
  needs: NeedView[] | null;
  openings: OpeningView[];
  live: OrderPage | null;
  released: OrderPage | null;
  proposals: Proposal[];
  /** When a part was read last, by the server's clock. */
  read_ms: Partial<Record<Part, number>>;
  /** The refusal in the reader's language, or empty. */
  refused: string;
  offline: boolean;
}

/** A part as the drawer keeps it. */
interface KeptPart {
  found: Partial<Board>;
  read_ms: number;
}

const empty = (): Board => ({
  alerts: null,
  notices: [],
  observed: null,
  needs: null,
  openings: [],
  live: null,
  released: null,
  proposals: [],
  read_ms: {},
  refused: "",
  offline: false,
});

export const board = reactive<Board>(empty());

const readers: Record<Part, () => Promise<Partial<Board>>> = {
  alerts: async () => {
    const [page, notices] = await Promise.all([listAlerts(), listAlertNotices()]);
    return { alerts: page.items, notices };
  },
  watch: async () => ({ observed: await listObserved() }),
  needs: async () => {
    const [needs, openings] = await Promise.all([listNeeds(), listOpenings()]);
    return { needs: needs.items, openings: openings.items };
  },
  orders: async () => {
    const [live, released, proposals] = await Promise.all([listOrders("live"), listOrders("released"), listProposals()]);
    return { live, released, proposals: proposals.items };
  },
};

const slot = (part: Part): string => `board/${session.account?.grant_id}/${part}`;

/** Shows what the drawer holds of the acting grant. */
export async function loadBoard(): Promise<void> {
  for (const part of PARTS) {
    const kept = await drawer().get<KeptPart>(slot(part));
    if (kept && !board.read_ms[part]) {
      Object.assign(board, kept.found);
      board.read_ms[part] = kept.read_ms;
    }
  }
}

/** An alert that was not there before is felt, whatever page is open. */
function buzz(found: Partial<Board>): void {
  const known = new Set(board.alerts?.map((one) => one.alert_id));
  const fresh = found.alerts?.some((one) => one.status === "open" && !known.has(one.alert_id));
  if (board.alerts && fresh) navigator.vibrate?.([200, 100, 200]);
}

/** Reads a part anew; what was there stays on show meanwhile. */
export async function read(part: Part): Promise<void> {
  if (!lock.open || !session.token) return;
  const grant = session.account?.grant_id;
  try {
    const found = await readers[part]();
    // Another grant acts meanwhile: what was read is somebody else's.
    if (grant !== session.account?.grant_id) return;
    buzz(found);
    const read_ms = now_ms();
    Object.assign(board, found, { refused: "", offline: false });
    board.read_ms[part] = read_ms;
    await drawer().put(slot(part), { found, read_ms });
  } catch (error) {
    if (error instanceof Unreachable) board.offline = true;
    else if (error instanceof Problem && !ended(error)) board.refused = refusal(error);
    else if (!(error instanceof Problem) && lock.open) throw error;
  }
}

const EVENTS: Record<string, readonly Part[]> = {
  alert: ["alerts"],
  held: ["alerts"],
  observation: ["watch", "needs"],
  red: ["orders"],
  resync: PARTS,
};
const SOON_MS = 1_000;
const EVERY_MS = 5 * 60_000;
const shown = new Set<Part>();
const soon: Partial<Record<Part, ReturnType<typeof setTimeout>>> = {};

/** Reads a part soon, however many events come in. */
function again(part: Part): void {
  clearTimeout(soon[part]);
  soon[part] = setTimeout(() => void read(part), SOON_MS);
}

/** Parts that are read as they change: those on show, and alerts for whoever answers them. */
const followed = (part: Part): boolean => shown.has(part) || (part === "alerts" && may.respond());

/** Keeps the board fresh while somebody works; answers what ends it. */
export function watchBoard(): () => void {
  const silence = listen({
    onEvent: (event) => EVENTS[event]?.filter(followed).forEach(again),
  });
  // Parts of the day begin without an event; and a phone that slept has missed some.
  const back = (): void => {
    if (!document.hidden) PARTS.filter(followed).forEach(again);
  };
  const every = setInterval(back, EVERY_MS);
  document.addEventListener("visibilitychange", back);
  void clockReady();
  if (may.respond()) void read("alerts");
  return () => {
    silence();
    clearInterval(every);
    document.removeEventListener("visibilitychange", back);
  };
}

/** Keeps one part fresh while a page shows it. */
export function useBoard(part: Part): void {
  onMounted(() => {
    shown.add(part);
    void read(part);
  });
  watch(() => checks.arrived, () => again(part));
  onUnmounted(() => shown.delete(part));
}

/** How many alerts nobody has taken yet. */
export const openAlerts = (): number => board.alerts?.filter((one) => one.status === "open").length ?? 0;

// Another person, or another grant, begins with an empty board.
watch(
  () => session.account?.grant_id,
  () => Object.assign(board, empty()),
);
