/** Words of the rule lab, loaded with it. */
import { columnOfCatalogue, kindOf } from "../catalogue";
import { inWords, wordOfField } from "../catalogue-words";
import { type Key, words } from "../words";
import en from "../words/rules.en.json";
import zh from "../words/rules.zh-CN.json";

export type RulesKey = Key | keyof typeof zh;

export const t = words.add({ "zh-CN": zh, en });

/** A word whose key is put together at run time; the word itself where none is known. */
export const say = (prefix: string, word: string): string => words.find(`rules_${prefix}_${word}`) ?? word;

/** The name of a column, also of one of the catalogue. */
export function columnName(name: string): string {
  const found = columnOfCatalogue(name);
  return found ? inWords(found.name) : say("col", name);
}

/** A word of a cell, by the column it stands under. */
export function wordOf(column: string, word: string): string {
  const found = columnOfCatalogue(column);
  const field = found && "field" in found.operation ? found.operation.field : "";
  const known = found && wordOfField(kindOf(found.kind), field, word);
  return known ?? words.find(`rules_w_${column}_${word}`) ?? words.find(`rules_w_${word}`) ?? word;
}

/** A fault, a refusal or a warning in the reader's language. */
export const inLanguage = (said: { message: string; message_zh: string }): string =>
  words.language === "zh-CN" ? said.message_zh : said.message;
