/** Small things that several pages say alike. */
import { DISTRICT_ZONE } from "@gridpass/kit/age";
import { words } from "./words";

/** A word of a closed list, or the word itself where the server knows more than this page. */
export const say = (list: string, word: string): string => words.find(`${list}_${word}`) ?? word;

const format = (options: Intl.DateTimeFormatOptions, at: string | number): string =>
  new Intl.DateTimeFormat(words.language === "en" ? "en-GB" : "zh-CN", { timeZone: DISTRICT_ZONE, ...options }).format(
    typeof at === "number" ? at : Date.parse(at),
  );

/** `3月6日 08:30`. */
export const moment = (at: string | number): string =>
  format({ month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" }, at);

/** `08:30` today, else with the day. */
export function soonTime(at: number, now_ms: number): string {
  const day = (ms: number): number => Math.floor((ms + 8 * 3_600_000) / 86_400_000);
  return day(at) === day(now_ms) ? format({ hour: "2-digit", minute: "2-digit" }, at) : moment(at);
}

/** What a field of a day and minute holds, as the instant it means in the district. */
export const instantOf = (field: string): string => new Date(`${field}:00+08:00`).toISOString();

/** The instant as such a field holds it. */
export const fieldOf = (at_ms: number): string => new Date(at_ms + 8 * 3_600_000).toISOString().slice(0, 16);
