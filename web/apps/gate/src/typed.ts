/**
 * What a line means that a reader typed or the camera read: a thermometer's reading, a document number,
 * or a pass code.
 *
 * Readers are set up by whoever sold them: some type spaces between the parts of a number, some
 * full-width digits, some a unit behind a reading.
 */
import { DOCUMENT_TYPES, documentProblem, normaliseNumber } from "@gridpass/kit/documents";

export type Line =
  | { is: "reading"; celsius: number }
  /** Of a thermometer, but of nobody alive: held too far away, or in Fahrenheit. */
  | { is: "absurd" }
  | { is: "number"; number: string }
  /** As long as a resident number, and none. */
  | { is: "wrong_number" }
  /** Serial of a printed paper. */
  | { is: "paper"; serial: string }
  | { is: "code"; text: string };

const CELSIUS_MIN = 34;
const CELSIUS_MAX = 43.9;
const READING = /^[^\d]{0,3}(\d{2,3})[.,](\d)\d?[^\d]{0,2}$/;
const NUMBER = /^[A-Z]{0,3}\d{5,}[\dA-Z]?$/;
const PAPER = /^GPP[0-9A-Z]{19}$/;
const EIGHTEEN = /^\d{17}[\dX]$/;
/** Longer than any number, however it is spaced: a code, which is taken as it is. */
const SPACED_MAX = 40;

/** What one line is; `now_ms` for the birth date in a number. */
export function lineOf(raw: string, now_ms: number): Line {
  const text = raw.trim();
  if (text.length > SPACED_MAX) return { is: "code", text };
  const reading = READING.exec(text.normalize("NFKC"));
  if (reading) {
    const celsius = Number(`${reading[1]}.${reading[2]}`);
    return celsius >= CELSIUS_MIN && celsius <= CELSIUS_MAX ? { is: "reading", celsius } : { is: "absurd" };
  }
  const number = normaliseNumber(text);
  if (PAPER.test(number)) return { is: "paper", serial: text };
  if (!NUMBER.test(number)) return { is: "code", text };
  const fits = !EIGHTEEN.test(number) || DOCUMENT_TYPES.some((type) => documentProblem(type, number, now_ms) === null);
  return fits ? { is: "number", number } : { is: "wrong_number" };
}

/** Whether a thermometer typed it. */
export const isReading = (text: string): boolean => ["reading", "absurd"].includes(lineOf(text, 0).is);
