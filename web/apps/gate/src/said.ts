/** What the server says no with, in the guard's language. */
import type { Problem } from "@gridpass/kit/problem";
import { words } from "./words";

/** Of a field that is wrong its own words, which say what to do; else those of the whole. */
export function said(problem: Problem): string {
  const field = problem.body.fields?.[0];
  return (words.language === "en" ? field?.message : field?.message_zh) ?? problem.text(words.language);
}
