/** The pass's words. Both languages travel with the page, so that the switch works offline. */
import { createWords } from "@gridpass/kit/words";
import en from "./words/en.json";
import zh from "./words/zh-CN.json";

export type Key = keyof typeof zh;

export const words = createWords<Key>({ "zh-CN": zh, en });
export const t = words.t;
