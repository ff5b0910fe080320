/** The field app's words, in the cell that signing in shares. */
import { createWords } from "@gridpass/kit/words";
import { languageCell, type StaffKey, staffWords } from "@gridpass/staff/words";
import en from "./words/en.json";
import responseEn from "./words/response.en.json";
import responseZh from "./words/response.zh-CN.json";
import zh from "./words/zh-CN.json";

export type Key = StaffKey | keyof typeof zh | keyof typeof responseZh;

export const words = createWords<Key>(
  { "zh-CN": { ...staffWords["zh-CN"], ...zh, ...responseZh }, en: { ...staffWords.en, ...en, ...responseEn } },
  languageCell,
);
export const t = words.t;
