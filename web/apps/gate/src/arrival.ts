/** When somebody of the response team is there: in how many minutes, or since when they are late. */
import type { GateHold } from "@gridpass/api";

const MINUTE_MS = 60_000;

/** What is to be said of when somebody comes. */
export type Arrival =
  | { is: "minutes" | "late"; count: number; at: string }
  | { is: "now" | "due"; at: string }
  | { is: "overdue"; count: number }
  | null;

/** When somebody is there: by their own word, or else by when the rule has them there. */
export function arrivalOf({ status, expected_at, due_at }: Pick<GateHold, "status" | "expected_at" | "due_at">, now_ms: number): Arrival {
  if (status === "on_the_way" && expected_at) {
    const minutes = (Date.parse(expected_at) - now_ms) / MINUTE_MS;
    if (minutes > 0) return { is: "minutes", count: Math.ceil(minutes), at: expected_at };
    return minutes > -1 ? { is: "now", at: expected_at } : { is: "late", count: Math.floor(-minutes), at: expected_at };
  }
  if (status !== "accepted" || !due_at) return null;
  const over = (now_ms - Date.parse(due_at)) / MINUTE_MS;
  return over < 1 ? { is: "due", at: due_at } : { is: "overdue", count: Math.floor(over) };
}

/** The most pressing first: who is late, then who comes next, then who said nothing. */
const PRESSING = ["late", "overdue", "now", "minutes", "due"];

/** What to say of several who come: the most pressing; null when nobody said anything. */
export function mostPressing(all: readonly Arrival[]): Arrival {
  const rank = (one: NonNullable<Arrival>): number => PRESSING.indexOf(one.is);
  // The latest of those who are late, the soonest of those who come.
  const count = (one: NonNullable<Arrival>): number => ("count" in one ? (one.is === "minutes" ? one.count : -one.count) : 0);
  const said = all.filter((one) => one !== null);
  return said.toSorted((a, b) => rank(a) - rank(b) || count(a) - count(b))[0] ?? null;
}
