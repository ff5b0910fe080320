/**
 * How old something is, and what time it is where the gates stand.
 *
 * Every screen that can be stale says how stale. Days and clock times are those of the district,
 * Asia/Shanghai, whatever the phone is set to.
 */

export const DISTRICT_ZONE = "Asia/Shanghai";

export type AgeUnit = "now" | "minutes" | "hours" | "days";

/** Splits an age into a unit and a count; under a minute is "now". */
export function ageOf(age_ms: number): { unit: AgeUnit; count: number } {
  const minutes = Math.floor(Math.max(0, age_ms) / 60_000);
  if (minutes < 1) return { unit: "now", count: 0 };
  if (minutes < 60) return { unit: "minutes", count: minutes };
  if (minutes < 48 * 60) return { unit: "hours", count: Math.floor(minutes / 60) };
  return { unit: "days", count: Math.floor(minutes / 1440) };
}

/** `08:30:05` in the district. */
export function clockTime(at_ms: number): string {
  return new Intl.DateTimeFormat("en-GB", {
    timeZone: DISTRICT_ZONE,
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).format(at_ms);
}

/** `08:30` in the district. */
export function minuteTime(at_ms: number): string {
  return clockTime(at_ms).slice(0, 5);
}

/** `3月6日 星期五` or `Friday, 6 March`, in the district. */
export function dayName(at_ms: number, language: string): string {
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
    timeZone: DISTRICT_ZONE,
    month: "long",
    day: "numeric",
    weekday: "long",
  }).format(at_ms);
}

/** `2020-03-06T08:30:05.123+08:00`: the form the API takes, in the district's offset. */
export function districtTimestamp(at_ms: number): string {
  return new Date(at_ms + 8 * 3_600_000).toISOString().replace("Z", "+08:00");
}

export interface Countdown {
  late: boolean;
  /** `4:59`, or `1:02:03` where there are hours. */
  text: string;
}

/** How long until a time, or since when it is over. */
export function countdown(until: string, at_ms: number): Countdown {
  const left_s = Math.round((Date.parse(until) - at_ms) / 1000);
  const s = Math.abs(left_s);
  const two = (n: number): string => String(n).padStart(2, "0");
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor((s % 3600) / 60);
  const text = hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
  return { late: left_s < 0, text };
}
