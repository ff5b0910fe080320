/** Whose a reading is that a thermometer types, and what of somebody unfinished is kept. Pure. */
import type { NewEntry, NewScan } from "@gridpass/api";

export interface Before {
  /** They have a fever: only a second reading that the guard asked for says something new of them. */
  fever: boolean;
  /** Another person's code was read meanwhile, and not taken. */
  another: boolean;
  /** The guard asked for another reading of them. */
  again: boolean;
}

/**
 * Whether a reading is of the person on the screen. In the ordinary case nobody touches anything; but
 * who has shown a code over somebody else's answer, or waits behind somebody with a fever, may be the
 * one who was measured, and a normal reading of theirs must not let the feverish one in.
 */
export const isTheirs = ({ fever, another, again }: Before): boolean => again || !(fever || another);

/** How long somebody unfinished is kept for a page that is thrown away. */
const KEPT_MS = 10 * 60_000;

/** Whether what was kept may be shown again: to the same guard, and while the person is likely there. */
export const isFresh = (kept: { at_ms: number; guard: string }, guard: string, now_ms: number): boolean =>
  kept.guard === guard && now_ms >= kept.at_ms && now_ms - kept.at_ms < KEPT_MS;

type Who = Pick<NewScan, "at" | "direction" | "document_number" | "document_type" | "pass_serial">;

/** The register's entry of somebody nobody knows who was stopped with a fever: as they were typed, else as nobody. */
export function strangerEntry(who: Who, temperature: number, nobody: string): Omit<NewEntry, "entry_key"> {
  const { at, direction, document_number, document_type, pass_serial } = who;
  const named = document_number
    ? { document_number, ...(document_type && { document_type }) }
    : pass_serial
      ? { pass_serial }
      : { name: nobody };
  return { at, direction, action: "stop", temperature, ...named };
}
