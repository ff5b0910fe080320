/** The console's words, in a cell that Vue watches. */
import { createWords } from "@gridpass/kit/words";
import { ref } from "vue";
import en from "./words/en.json";
import operationsEn from "./words/operations.en.json";
import operationsZh from "./words/operations.zh-CN.json";
import papersEn from "./words/papers.en.json";
import papersZh from "./words/papers.zh-CN.json";
import peopleEn from "./words/people.en.json";
import peopleZh from "./words/people.zh-CN.json";
import zh from "./words/zh-CN.json";

/** Keys that the pages name; words of operations are found by the names that the log holds. */
export type Key = keyof typeof zh | keyof typeof peopleZh | keyof typeof papersZh;

export const words = createWords<Key>(
  {
    "zh-CN": { ...zh, ...peopleZh, ...papersZh, ...operationsZh },
    en: { ...en, ...peopleEn, ...papersEn, ...(operationsEn satisfies typeof operationsZh) },
  },
  ref("zh-CN"),
);
export const t = words.t;

/** Operations of the audit log with their words, in order of the words. */
export const operations = (): { name: string; said: string }[] =>
  Object.keys(operationsZh)
    .map((key) => ({ name: key.slice(3), said: words.find(key) ?? key }))
    .toSorted((a, b) => a.said.localeCompare(b.said, words.language));
