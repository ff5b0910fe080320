/** The console's words, in a cell that Vue watches. */
import { createWords } from "@gridpass/kit/words";
import { languageCell, type StaffKey, staffWords } from "@gridpass/staff/words";
import appealsEn from "./words/appeals.en.json";
import appealsZh from "./words/appeals.zh-CN.json";
import en from "./words/en.json";
import operationsEn from "./words/operations.en.json";
import operationsZh from "./words/operations.zh-CN.json";
import papersEn from "./words/papers.en.json";
import papersZh from "./words/papers.zh-CN.json";
import peopleEn from "./words/people.en.json";
import peopleZh from "./words/people.zh-CN.json";
import riskEn from "./words/risk.en.json";
import riskZh from "./words/risk.zh-CN.json";
import responseEn from "./words/response.en.json";
import responseZh from "./words/response.zh-CN.json";
import zh from "./words/zh-CN.json";

/** Keys that the pages name; words of operations are found by the names that the log holds. */
export type Key =
  | StaffKey
  | keyof typeof zh
  | keyof typeof peopleZh
  | keyof typeof appealsZh
  | keyof typeof papersZh
  | keyof typeof riskZh
  | keyof typeof responseZh;

export const words = createWords<Key>(
  {
    "zh-CN": {
      ...staffWords["zh-CN"],
      ...zh,
      ...peopleZh,
      ...appealsZh,
      ...papersZh,
      ...riskZh,
      ...responseZh,
      ...operationsZh,
    },
    en: {
      ...staffWords.en,
      ...en,
      ...peopleEn,
      ...(appealsEn satisfies typeof appealsZh),
      ...papersEn,
      ...(riskEn satisfies typeof riskZh),
      ...(responseEn satisfies typeof responseZh),
      ...(operationsEn satisfies typeof operationsZh),
    },
  },
  languageCell,
);
export const t = words.t;

/** Operations of the audit log with their words, in order of the words. */
export const operations = (): { name: string; said: string }[] =>
  Object.keys(operationsZh)
    .map((key) => ({ name: key.slice(3), said: words.find(key) ?? key }))
    .toSorted((a, b) => a.said.localeCompare(b.said, words.language));
