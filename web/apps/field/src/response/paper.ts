/** Dates and places as a paper says them. */
import type { QuarantinePlace } from "@gridpass/api";
import { DISTRICT_ZONE } from "@gridpass/kit/age";

/** A day, or the day of an instant in the district. */
const dayOf = (at: string): string =>
  at.length === 10 ? at : new Intl.DateTimeFormat("sv-SE", { timeZone: DISTRICT_ZONE, dateStyle: "short" }).format(Date.parse(at));

/** `2020年3月6日`. */
export function dateZh(at: string): string {
  const [year, month, day] = dayOf(at).split("-").map(Number);
  return `${year}年${month}月${day}日`;
}

/** `6 March 2020`. */
export const dateEn = (at: string): string =>
  new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "numeric", month: "long", year: "numeric" }).format(Date.parse(dayOf(at)));

export const PLACE_ZH: Record<QuarantinePlace, string> = { home: "居家", central: "集中", hospital: "住院" };
export const PLACE_EN: Record<QuarantinePlace, string> = { home: "at home", central: "in a central facility", hospital: "in hospital" };
