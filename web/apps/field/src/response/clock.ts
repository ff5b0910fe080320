/**
 * The server's clock on this phone, ticking.
 *
 * A phone's own clock may be wrong, and a demonstration may run in another month. The difference is
 * kept, so that a reading taken without network still has the right time.
 */
import { clockTime, DISTRICT_ZONE } from "@gridpass/kit/age";
import { keep, kept } from "@gridpass/kit/store";
import { ref } from "vue";
import { getTime } from "../response-calls";
import { words } from "../words";

const KEPT = "field.clock_skew_ms";
const skew_ms = ref(0);
const own_ms = ref(Date.now());
setInterval(() => {
  own_ms.value = Date.now();
}, 1000);

let asked: Promise<void> | null = null;

async function ask(): Promise<void> {
  skew_ms.value = (await kept<number>(KEPT)) ?? 0;
  const { now } = await getTime();
  skew_ms.value = Date.parse(now) - Date.now();
  await keep(KEPT, skew_ms.value);
}

/** Asks for the server's clock once; without network what was kept counts. */
export function clockReady(): Promise<void> {
  asked ??= ask().catch(() => {
    asked = null;
  });
  return asked;
}

/** The server's time, to the second, for pages that watch it. */
export const nowMs = (): number => own_ms.value + skew_ms.value;

/** The server's time this very moment. */
export const exactNowMs = (): number => Date.now() + skew_ms.value;

export interface Countdown {
  late: boolean;
  /** `4:59`, or `1:02:03` where there are hours. */
  text: string;
}

/** How long until a time, or since when it is over. */
export function countdown(until: string): Countdown {
  const left_s = Math.round((Date.parse(until) - nowMs()) / 1000);
  const s = Math.abs(left_s);
  const two = (n: number): string => String(n).padStart(2, "0");
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor((s % 3600) / 60);
  const text = hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
  return { late: left_s < 0, text };
}

/** `08:30`, with the day when it is another than today's. */
export function shortTime(at: string | number): string {
  const at_ms = typeof at === "number" ? at : Date.parse(at);
  const day = (ms: number): number => Math.floor((ms + 8 * 3_600_000) / 86_400_000);
  const time = clockTime(at_ms).slice(0, 5);
  if (day(at_ms) === day(nowMs())) return time;
  const date = new Intl.DateTimeFormat(words.language === "en" ? "en-GB" : "zh-CN", {
    timeZone: DISTRICT_ZONE,
    month: "short",
    day: "numeric",
  }).format(at_ms);
  return `${date} ${time}`;
}

/** The day in the district so many days from now. */
export const dayFromNow = (days: number): string =>
  new Date(exactNowMs() + 8 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10);

/** Days until a day; 0 is today. */
export const daysUntil = (day: string): number => Math.round((Date.parse(day) - Date.parse(dayFromNow(0))) / 86_400_000);
