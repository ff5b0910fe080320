/** The field app's words, in the cell that signing in shares. */
import { createWords } from "@gridpass/kit/words";
import { languageCell, type StaffKey, staffWords } from "@gridpass/staff/words";
import en from "./words/en.json";
import zh from "./words/zh-CN.json";

export type Key = StaffKey | keyof typeof zh;

export const words = createWords<Key>(
  { "zh-CN": { ...staffWords["zh-CN"], ...zh }, en: { ...staffWords.en, ...en } },
  languageCell,
);
export const t = words.t;
