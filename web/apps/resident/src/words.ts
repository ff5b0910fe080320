/** These pages' words, in a cell that Vue watches. */
import { createWords, type Language } from "@gridpass/kit/words";
import { ref } from "vue";
import en from "./words/en.json";
import zh from "./words/zh-CN.json";

export type Key = keyof typeof zh;

export const words = createWords<Key>({ "zh-CN": zh, en }, ref<Language>("zh-CN"), async () => (await import("./traditional")).default);
export const t = words.t;
