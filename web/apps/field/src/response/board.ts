/**
 * What the team has before it: alerts, people under observation, needs, openings, orders.
 *
 * The lists are read when a page opens and again when the server tells of a change, at most once a
 * second. What was read last stays on show without network, with its age. It lives in memory only.
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
import { subscribe, type Subscription } from "@gridpass/kit/events";
import { Unreachable } from "@gridpass/kit/problem";
import { ended, refusal } from "@gridpass/staff/asking";
import { session } from "@gridpass/staff/session";
import { onMounted, onUnmounted, reactive, watch } from "vue";
import { listAlertNotices, listAlerts, listNeeds, listObserved, listOpenings, listOrders, listProposals } from "../response-calls";
import { checks, startChecks } from "./checks";
import { clockReady, exactNowMs } from "./clock";

export type Part = "alerts" | "watch" | "needs" | "orders";

/** The team; grid workers watch and help, and leave alerts and orders to it. */
export const TEAM: Role[] = ["team_worker", "team_doctor", "team_police", "community_lead"];
export const WATCHERS: Role[] = [...TEAM, "grid_worker"];
const ORDERERS: Role[] = ["team_worker", "team_doctor", "team_police"];
const ISSUERS: Role[] = ["team_worker", "team_doctor", "community_lead"];
const acts = (roles: Role[]): boolean => !!session.account?.role && roles.includes(session.account.role);
/** The server decides; this spares people what they may not do. */
export const may = { order: () => acts(ORDERERS), issue: () => acts(ISSUERS), confirm: () => acts(TEAM) };

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

/** Reads a part anew; what was there stays on show meanwhile. */
export async function read(part: Part): Promise<void> {
  const grant = session.account?.grant_id;
  try {
    const found = await readers[part]();
    // Another grant acts meanwhile: what was read is somebody else's.
    if (grant !== session.account?.grant_id) return;
    Object.assign(board, found, { refused: "", offline: false });
    board.read_ms[part] = exactNowMs();
  } catch (error) {
    if (error instanceof Unreachable) board.offline = true;
    else if (!ended(error)) board.refused = refusal(error);
  }
}

const EVENTS: Record<string, Part[]> = {
  alert: ["alerts"],
  observation: ["watch", "needs"],
  red: ["orders"],
  resync: ["alerts", "watch", "needs", "orders"],
};
const SOON_MS = 1_000;

/** Keeps one part fresh while a page shows it. */
export function useBoard(part: Part): void {
  let line: Subscription | null = null;
  let soon: ReturnType<typeof setTimeout> | undefined;
  const again = (): void => {
    clearTimeout(soon);
    soon = setTimeout(() => void read(part), SOON_MS);
  };
  onMounted(async () => {
    void clockReady();
    await read(part);
    line = subscribe({
      path: "/api/v1/events",
      token: session.token,
      onEvent: ({ event }) => {
        if (EVENTS[event]?.includes(part)) again();
      },
      onLine: (open) => {
        if (open) board.offline = false;
      },
    });
    void startChecks().catch(() => undefined);
  });
  watch(() => checks.arrived, again);
  onUnmounted(() => {
    clearTimeout(soon);
    line?.close();
  });
}

// Another person, or another grant, begins with an empty board.
watch(
  () => session.account?.grant_id,
  () => Object.assign(board, empty()),
);
