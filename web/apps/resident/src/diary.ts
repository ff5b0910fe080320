/** The diary of somebody under observation: readings and openings as the page enters them. */
import { districtTimestamp } from "@gridpass/kit/age";

const CELSIUS = /^(\d\d)(?:[.,。．](\d))?(?:℃|度|°C)?$/i;
const CELSIUS_MIN = 30;
const CELSIUS_MAX = 45;
const MINUTE_MS = 60_000;

/** Degrees as people write them, full-width or with a comma; null for what no person has. */
export function readCelsius(text: string): number | null {
  const half = text.replace(/\s/g, "").replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0));
  const found = CELSIUS.exec(half);
  if (!found) return null;
  const celsius = Number(`${found[1]}.${found[2] ?? "0"}`);
  return celsius >= CELSIUS_MIN && celsius <= CELSIUS_MAX ? celsius : null;
}

/** How many minutes ahead a door may be opened, and for how many, as the page offers it. */
export const STARTS_MIN = [0, 30, 60, 120] as const;
export const LENGTHS_MIN = [15, 30, 60] as const;

/** From when until when; nothing for "now", which is the server's. */
export function openingTimes(start_min: number, length_min: number, now_ms: number): { from_at: string | null; until_at: string } {
  const from_ms = now_ms + start_min * MINUTE_MS;
  return {
    from_at: start_min === 0 ? null : districtTimestamp(from_ms),
    until_at: districtTimestamp(from_ms + length_min * MINUTE_MS),
  };
}
