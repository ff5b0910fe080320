/** Words of signing in and of the roles. An app shares the cell, so that one switch changes both. */
import { createWords, type Language } from "@gridpass/kit/words";
import { ref } from "vue";
import en from "./words/en.json";
import zh from "./words/zh-CN.json";

export type StaffKey = keyof typeof zh;

/** The language of the whole app. */
export const languageCell = ref<Language>("zh-CN");
/** For an app to take in among its own. */
export const staffWords = { "zh-CN": zh, en } satisfies Record<Language, Record<StaffKey, string>>;
export const words = createWords<StaffKey>({ "zh-CN": { ...zh }, en: { ...en } }, languageCell);
export const t = words.t;
