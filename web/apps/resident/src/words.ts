/** These pages' words, in a cell that Vue watches. */
import { createWords } from "@gridpass/kit/words";
import { ref } from "vue";
import en from "./words/en.json";
import observeEn from "./words/observe.en.json";
import observeZh from "./words/observe.zh-CN.json";
import zh from "./words/zh-CN.json";

export type Key = keyof typeof zh | keyof typeof observeZh;

export const words = createWords<Key>({ "zh-CN": { ...zh, ...observeZh }, en: { ...en, ...(observeEn satisfies typeof observeZh) } }, ref("zh-CN"));
export const t = words.t;
