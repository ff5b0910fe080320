/**
 * Words in the reader's language, chosen by key.
 *
 * A dictionary is flat: key → sentence, with `{name}` where a value goes. Simplified Chinese comes
 * first: it gives the keys, and the compiler then holds English to the same ones. Traditional
 * Chinese, where an app has it, is fetched when somebody reads it; a test holds it to the same
 * keys. This stays our own, because the pass may weigh 20 kB in all.
 */

import { remember, remembered } from "./remembered";

export type Language = "zh-CN" | "zh-Hant" | "en";

/** Each language in its own words, for whoever reads nothing else. */
export const LANGUAGE_NAMES: Record<Language, string> = { "zh-CN": "简体中文", "zh-Hant": "繁體", en: "English" };

export type Dictionary<Key extends string> = Record<Key, string>;
export type Values = Record<string, string | number>;
type Both<Key extends string> = Record<"zh-CN" | "en", Dictionary<Key>>;

/** Puts values into the places of a sentence; a place without a value stays visible. */
export function fill(sentence: string, values: Values = {}): string {
  return sentence.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** The remembered language, else the browser's, as far as it is offered; else Simplified Chinese. */
export function preferredLanguage(
  remembered: string | null,
  browser: string,
  offered: readonly Language[] = ["zh-CN", "en"],
): Language {
  const traditional = /^zh-(hant|hk|mo|tw)/i.test(browser);
  const wanted = remembered ?? (traditional ? "zh-Hant" : browser.slice(0, 2).toLowerCase());
  return offered.find((language) => language === wanted) ?? "zh-CN";
}

export interface Words<Key extends string> {
  /** The sentence of a key in the current language. */
  t(key: Key, values?: Values): string;
  /** The sentence of a key that is only known at run time, or null if there is none. */
  find(key: string, values?: Values): string | null;
  /**
   * What the server said in two languages, in the reader's. A sentence that has no Traditional form
   * stays as it came.
   */
  say(zh: string, en: string): string;
  /** Takes in the words of a part that is loaded later; answers what says all of them. */
  add<More extends string>(more: Both<More>): (key: Key | More, values?: Values) => string;
  readonly language: Language;
  readonly offered: readonly Language[];
  /** Changes the language once its words are there, remembers it and tells the document. */
  use(language: Language): Promise<void>;
  /** Resolves when the words of the language that was chosen before are there. */
  readonly ready: Promise<void>;
}

/** Traditional Chinese: an app's words, and what the server says. */
export interface Traditional {
  words: Record<string, string>;
  say(zh: string): string;
}

const REMEMBERED = "gridpass.language";

/**
 * Words of one app. Pass `languageCell` to hold the language where a framework watches it, and
 * `traditional` to fetch all of Traditional Chinese.
 */
export function createWords<Key extends string>(
  dictionaries: Both<Key>,
  languageCell: { value: Language } = { value: "zh-CN" },
  traditional?: () => Promise<Traditional>,
): Words<Key> {
  const all: Partial<Record<Language, Record<string, string>>> = dictionaries;
  const offered: readonly Language[] = traditional ? ["zh-CN", "zh-Hant", "en"] : ["zh-CN", "en"];
  let across: Traditional | undefined;
  const show = async (language: Language): Promise<void> => {
    if (traditional && language === "zh-Hant") {
      across ??= await traditional();
      all[language] = across.words;
    }
    languageCell.value = language;
    document.documentElement.lang = language;
  };
  const find = (key: string, values?: Values): string | null => {
    const sentence = all[languageCell.value]?.[key] ?? all["zh-CN"]?.[key];
    return sentence === undefined ? null : fill(sentence, values);
  };
  const preferred = preferredLanguage(remembered(REMEMBERED), navigator.language, offered);
  return {
    t: (key, values) => find(key, values) ?? key,
    find,
    say(zh, en) {
      if (languageCell.value === "en") return en;
      return languageCell.value === "zh-Hant" && across ? across.say(zh) : zh;
    },
    add(more) {
      for (const language of ["zh-CN", "en"] as const) Object.assign(all[language] ?? {}, more[language]);
      return (key, values) => find(key, values) ?? key;
    },
    get language() {
      return languageCell.value;
    },
    offered,
    async use(language) {
      await show(language);
      remember(REMEMBERED, language);
    },
    // Words that cannot be fetched now leave the ones that every page brings along.
    ready: show(preferred).catch(() => show("zh-CN")),
  };
}
