/** These pages' words, in a cell that Vue watches. */
import { createWords } from "@gridpass/kit/words";
import { ref } from "vue";
import en from "./words/en.json";
import zh from "./words/zh-CN.json";

export type Key = keyof typeof zh;

export const words = createWords<Key>({ "zh-CN": zh, en }, ref("zh-CN"));
export const t = words.t;
