/**
 * Unary tests on words, as cells hold them: `-`, `verified`, `in(a,b)`, `not(a)`; and lists of words.
 */

/** What a test accepts: anything, one of these, or all but these. */
export interface WordTest {
  form: "any" | "in" | "not";
  words: string[];
}

const list = (text: string): string[] =>
  text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");

/** Reads a cell; null when it is no test of this form. Full-width signs count as plain ones. */
export function parseTest(cell: string): WordTest | null {
  const text = cell.normalize("NFKC").trim();
  if (text === "-") return { form: "any", words: [] };
  const call = /^(in|not)\s*\((.*)\)$/.exec(text);
  const words = list(call?.[2] ?? text);
  if (words.length === 0 || words.some((word) => !/^\w+$/.test(word))) return null;
  if (!call && words.length > 1) return null;
  return { form: call?.[1] === "not" ? "not" : "in", words };
}

/** Writes a test in its shortest form; `all` are the words the column has. */
export function formatTest(test: WordTest, all: readonly string[]): string {
  const chosen = all.filter((word) => test.words.includes(word));
  if (test.form === "any") return "-";
  if (test.form === "not") return chosen.length === 0 ? "-" : `not(${chosen.join(",")})`;
  if (chosen.length === all.length) return "-";
  return chosen.length === 1 ? (chosen[0] as string) : `in(${chosen.join(",")})`;
}

/** Words of a list cell; `-` is none. */
export const parseList = (cell: string): string[] => (cell.trim() === "-" ? [] : list(cell.normalize("NFKC")));

export const formatList = (words: readonly string[], all: readonly string[]): string =>
  all.filter((word) => words.includes(word)).join(",") || "-";
