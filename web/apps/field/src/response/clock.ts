/** Times as the team's pages say them: moments, and days from today. */
import { soonTime } from "../ui";
import { words } from "../words";
import { now_ms, shown_ms } from "../work/clock";

/** `08:30`, with the day when it is another than today's. */
export const shortTime = (at: string | number): string =>
  soonTime(typeof at === "number" ? at : Date.parse(at), shown_ms.value);

/** `3月20日` or `20 Mar`, for a day; on one line. */
export const shortDay = (day: string): string =>
  new Intl.DateTimeFormat(words.language === "en" ? "en-GB" : "zh-CN", { timeZone: "UTC", month: "short", day: "numeric" })
    .format(Date.parse(day))
    .replaceAll(" ", "\u00a0");

/** The day in the district of a moment. */
export const dayOf = (at: string): string => new Date(Date.parse(at) + 8 * 3_600_000).toISOString().slice(0, 10);

/** The day in the district so many days from now. */
export const dayFromNow = (days: number): string =>
  new Date(now_ms() + 8 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10);

/** Days until a day; 0 is today. */
export const daysUntil = (day: string): number => Math.round((Date.parse(day) - Date.parse(dayFromNow(0))) / 86_400_000);
