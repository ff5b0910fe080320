/** A clock the page watches, and ages in words. */
import { ageOf, clockTime, DISTRICT_ZONE } from "@gridpass/kit/age";
import { sendJson } from "@gridpass/kit/problem";
import { ref } from "vue";
import { type Key, t } from "./words";

/** This computer's time. */
const now_ms = ref(Date.now());
setInterval(() => {
  now_ms.value = Date.now();
}, 1000);

/** Server's clock minus this computer's: a demonstration may run in another month. */
let skew_ms = 0;

/** The server's clock is known: dates can be suggested. */
export const ready = ref(false);

/** Takes the server's time over as of now. */
export function setServerTime(as_of: string): void {
  skew_ms = Date.parse(as_of) - Date.now();
  ready.value = true;
}

/** The server's time, in milliseconds. */
export const serverNow = (): number => Date.now() + skew_ms;

/** `3 分钟前` for a time of the server. */
export function ago(at: string): string {
  const { unit, count } = ageOf(now_ms.value + skew_ms - Date.parse(at));
  return t(`ago_${unit}` as Key, { count });
}

/** `29:59` until a time of the server, or null once it has come. */
export function remaining(until: string): string | null {
  const left_s = Math.ceil((Date.parse(until) - now_ms.value - skew_ms) / 1000);
  if (left_s <= 0) return null;
  return `${Math.floor(left_s / 60)}:${String(left_s % 60).padStart(2, "0")}`;
}

/** Seconds until a time of the server; negative once it has passed. */
export const leftOf = (until: string): number => Math.ceil((Date.parse(until) - now_ms.value - skew_ms) / 1000);

/** Words for numbers that are too old to pass for live, or null. */
export function staleness(heard_ms: number): string | null {
  const { unit, count } = ageOf(now_ms.value - heard_ms);
  return unit === "now" ? null : t(`stale_${unit}` as Key, { count });
}

/** `2020-03-06 08:30:05` in the district: what is read against other records, to the second. */
export function exactly(at: string): string {
  const at_ms = Date.parse(at);
  const day = new Intl.DateTimeFormat("sv-SE", { timeZone: DISTRICT_ZONE, dateStyle: "short" }).format(at_ms);
  return `${day} ${clockTime(at_ms)}`;
}

/** `2020-03-06 08:30` in the district, the same in every language. */
export const moment = (at: string): string => exactly(at).slice(0, 16);

/** `2020-03-06` in the district. */
export const dayOf = (at: string): string => moment(at).slice(0, 10);

/** The day in the district so many days from now, by the server's clock. */
export const dayFromNow = (days: number): string =>
  new Date(serverNow() + 8 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10);

let asked: Promise<void> | null = null;

/** Asks for the server's clock once. */
export function clockReady(): Promise<void> {
  asked ??= sendJson<{ now: string }>("/api/v1/time").then(
    ({ now }) => setServerTime(now),
    () => {
      asked = null;
    },
  );
  return asked;
}

/** What a field of a day and minute holds for a time, in the district. */
export const minuteOf = (at_ms: number): string => new Date(at_ms + 8 * 3_600_000).toISOString().slice(0, 16);
