/** The pass's words. Two languages travel with the page, so that the switch works offline. */
import { createWords } from "@gridpass/kit/words";
import en from "./words/en.json";
import zh from "./words/zh-CN.json";

export type Key = keyof typeof zh;

export const words = createWords<Key>({ "zh-CN": zh, en }, undefined, async () => (await import("./traditional")).default);
export const t = words.t;

/** A refusal of the server in the reader's words. */
export const refusalText = (refused: { text(language: string): string }): string => words.say(refused.text("zh-CN"), refused.text("en"));
