/** Doors in the order somebody walks them, and what of a stop is urgent. Pure. */
import type { Stop, StopVisit } from "@gridpass/api";

const words = new Intl.Collator("zh-CN", { numeric: true });

/** Enclosure, building, unit, floor, room; doors without an address last. */
export function byDoor(a: Stop, b: Stop): number {
  return (
    words.compare(a.enclosure_name ?? "￿", b.enclosure_name ?? "￿") ||
    words.compare(a.door?.building || "￿", b.door?.building || "￿") ||
    words.compare(a.door?.unit ?? "", b.door?.unit ?? "") ||
    (a.door?.floor ?? 999) - (b.door?.floor ?? 999) ||
    words.compare(a.door?.room ?? "￿", b.door?.room ?? "￿") ||
    a.key - b.key
  );
}

/** How a door reads where its building stands above it: `2-1504`, `201`. */
export function roomOf(stop: Stop): string {
  if (!stop.door) return "";
  const { unit, room, text } = stop.door;
  return [unit, room].filter(Boolean).join("-") || text;
}

/** The whole door in one line; who is to be found where no door is on record. */
export const doorOf = (stop: Stop): string =>
  [stop.enclosure_name, stop.door?.text].filter(Boolean).join(" ") ||
  stop.people.flatMap((one) => one.name ?? []).join("、") ||
  String(stop.key);

export const visitsOf = (stop: Stop): StopVisit[] => stop.people.flatMap((one) => one.visits);

export type StopState = "late" | "waits" | "today" | "open";

const DAY_MS = 86_400_000;
/** The end of the district's day at an instant. */
const endOfDay = (now_ms: number): number => (Math.floor((now_ms + 8 * 3_600_000) / DAY_MS) + 1) * DAY_MS - 8 * 3_600_000;

/** Late before anything else; then whether it was tried and waits for a time that has not come. */
export function stateOf(stop: Stop, now_ms: number): StopState {
  const visits = visitsOf(stop);
  const next = visits.map((one) => (one.next_try_at ? Date.parse(one.next_try_at) : 0));
  if (visits.length > 0 && next.every((at) => at > now_ms)) return "waits";
  const due = Math.min(...visits.map((one) => Date.parse(one.due_at)));
  if (due <= now_ms) return "late";
  return due <= endOfDay(now_ms) ? "today" : "open";
}

/** When it is due first. */
export const dueOf = (stop: Stop): number => Math.min(...visitsOf(stop).map((one) => Date.parse(one.due_at)));

/** When somebody is to be met, after tries in vain. */
export const nextTryOf = (stop: Stop): number =>
  Math.min(...visitsOf(stop).map((one) => (one.next_try_at ? Date.parse(one.next_try_at) : Infinity)));

/** Stops by building, in their order. */
export function buildingsOf(stops: Stop[]): { name: string; stops: Stop[] }[] {
  const found: { name: string; stops: Stop[] }[] = [];
  for (const stop of stops) {
    const name = [stop.enclosure_name, stop.door?.building].filter(Boolean).join(" ");
    const last = found.at(-1);
    if (last?.name === name) last.stops.push(stop);
    else found.push({ name, stops: [stop] });
  }
  return found;
}

/** Floors of a building from the top, each with its doors in order; doors that tell no floor last. */
export function floorsOf(stops: Stop[]): { floor: number | null; stops: Stop[] }[] {
  const floors = [...new Set(stops.map((stop) => stop.door?.floor ?? null))];
  const height = (floor: number | null): number => floor ?? -1;
  return floors
    .toSorted((a, b) => height(b) - height(a))
    .map((floor) => ({ floor, stops: stops.filter((stop) => (stop.door?.floor ?? null) === floor) }));
}

/** Whether a typed text names a door: a part of its room, address or address code, in any width or case. */
export function matches(stop: Stop, typed: string): boolean {
  const plain = (text: string): string => text.normalize("NFKC").replace(/\s/g, "").toLowerCase();
  const wanted = plain(typed);
  // A few digits of a code stand in many codes; from eight on somebody means one.
  if (/^\d{8,}$/.test(wanted) && stop.address_code?.includes(wanted)) return true;
  return wanted === "" || plain(`${stop.door?.text ?? ""} ${roomOf(stop)} ${stop.enclosure_name ?? ""}`).includes(wanted);
}
