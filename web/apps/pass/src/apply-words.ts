/** Words of the form, loaded with it. */
import { type Key, words } from "./words";
import en from "./words/apply.en.json";
import zh from "./words/apply.zh-CN.json";

export type ApplyKey = Key | keyof typeof zh;

export const t = words.add({ "zh-CN": zh, en });
