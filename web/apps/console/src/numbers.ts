/** Numbers as people read them. */
import { words } from "./words";

/** `550,000`. */
export const number = (value: number): string => new Intl.NumberFormat(words.language).format(value);

/** `81.5%`; a part that is there is never shown as 0. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return "–";
  const share = (100 * part) / whole;
  return part > 0 && share < 0.05 ? "<0.1%" : `${share.toFixed(1)}%`;
}
