/** What leads of the response team see at once: alerts with their clocks, missing checks, orders, needs. */
import type { AlertPage, AlertView, NeedPage, ObservedPage, ObservedPerson } from "@gridpass/api";
import { get } from "@gridpass/staff/calls";

const LISTED_MAX = 500;
const query = (prefix: string, more: Record<string, string> = {}): string =>
  new URLSearchParams({ ...(prefix ? { prefix } : {}), limit: String(LISTED_MAX), ...more }).toString();

export const listOpenAlerts = (prefix: string): Promise<AlertPage> => get(`alerts?${query(prefix)}`);
/** Only people whose check asked for now is not there; the counts are of everybody. */
export const listMissing = (prefix: string): Promise<ObservedPage> => get(`observation?${query(prefix, { missing: "true" })}`);
export const listOpenNeeds = (prefix: string): Promise<NeedPage> => get(`needs?${query(prefix)}`);

export type Stage = "open" | "accepted" | "arrived";
export const stageOf = (alert: AlertView): Stage => (alert.arrived_at ? "arrived" : alert.status === "open" ? "open" : "accepted");

/** What is due first comes first; where somebody is there, nothing is due. */
export function byClock(alerts: AlertView[]): AlertView[] {
  const due = (alert: AlertView): number => (alert.due_at ? Date.parse(alert.due_at) : Number.MAX_SAFE_INTEGER);
  return alerts.toSorted((a, b) => due(a) - due(b) || a.alert_id - b.alert_id);
}

/** Whether the check that is asked for now is over its time, too. */
export const isLate = (person: ObservedPerson, part: ObservedPage["part"]): boolean => !!part && person[part].state === "late";

/** Over their time first, then by door. */
export function byMissing(people: ObservedPerson[], part: ObservedPage["part"]): ObservedPerson[] {
  const door = (one: ObservedPerson): string => `${one.enclosure_name ?? "￿"} ${one.address ?? ""}`;
  return people.toSorted(
    (a, b) => Number(isLate(b, part)) - Number(isLate(a, part)) || door(a).localeCompare(door(b), "zh-CN", { numeric: true }),
  );
}
