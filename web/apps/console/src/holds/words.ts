/** Words of the holds, loaded with them. */
import { words } from "../words";
import en from "../words/holds.en.json";
import zh from "../words/holds.zh-CN.json";

export const t = words.add({ "zh-CN": zh, en });

/** A word whose key is put together at run time; the word itself where none is known. */
export const say = (prefix: string, word: string): string => words.find(`holds_${prefix}_${word}`) ?? word;
