/** What a cell says, in the reader's words; as written where it cannot be read. */
import { parseList, parseTest } from "./cells";
import { type Column, isOrdered } from "./columns";
import { t, wordOf } from "./words";

export function shown(column: Column, text: string): string {
  const { kind, name } = column;
  const one = (word: string): string => wordOf(name, word);
  if (kind === "word") return text === "" ? t("rules_choose") : one(text);
  if (kind === "words") return parseList(text).map(one).join(t("rules_joint")) || t("rules_nobody");
  if (kind === "hours" && text === "-") return t("rules_nobody");
  if (isOrdered(column) && text === "-") return t("rules_any");
  if (isOrdered(column) && text === "none") return t("rules_absent");
  if (isOrdered(column) && text === "not(none)") return t("rules_present");
  const test = kind === "test" ? parseTest(text) : null;
  if (!test) return text;
  if (test.form === "any") return t("rules_any");
  const joined = test.words.map(one).join(t("rules_or"));
  return test.form === "not" ? t("rules_not", { words: joined }) : joined;
}
