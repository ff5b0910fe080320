/**
 * Words in two languages, chosen by key.
 *
 * A dictionary is flat: key → sentence, with `{name}` where a value goes. Simplified Chinese comes
 * first: it gives the keys, and the compiler then holds English to the same ones. This stays our
 * own, thirty lines, because the pass may weigh 20 kB in all.
 */

export const LANGUAGES = ["zh-CN", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

export type Dictionary<Key extends string> = Record<Key, string>;
export type Values = Record<string, string | number>;

/** Puts values into the places of a sentence; a place without a value stays visible. */
export function fill(sentence: string, values: Values = {}): string {
  return sentence.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** Reads the remembered language; else English only for browsers that ask for it, else Chinese. */
export function preferredLanguage(remembered: string | null, browser: string): Language {
  if (remembered === "zh-CN" || remembered === "en") return remembered;
  return browser.toLowerCase().startsWith("en") ? "en" : "zh-CN";
}

export interface Words<Key extends string> {
  /** The sentence of a key in the current language. */
  t(key: Key, values?: Values): string;
  /** The sentence of a key that is only known at run time, or null if there is none. */
  find(key: string, values?: Values): string | null;
  /** Takes in the words of a part that is loaded later; answers what says all of them. */
  add<More extends string>(
    more: Record<Language, Dictionary<More>>,
  ): (key: Key | More, values?: Values) => string;
  readonly language: Language;
  /** Changes the language, remembers it and tells the document, so that readers pronounce it. */
  use(language: Language): void;
}

const REMEMBERED = "gridpass.language";

/** Words of one app. Pass `languageCell` to hold the language where a framework watches it. */
export function createWords<Key extends string>(
  dictionaries: Record<Language, Dictionary<Key>>,
  languageCell: { value: Language } = { value: "zh-CN" },
): Words<Key> {
  const use = (language: Language): void => {
    languageCell.value = language;
    document.documentElement.lang = language;
    localStorage.setItem(REMEMBERED, language);
  };
  const find = (key: string, values?: Values): string | null => {
    const sentence = (dictionaries[languageCell.value] as Record<string, string | undefined>)[key];
    return sentence === undefined ? null : fill(sentence, values);
  };
  const add = (more: Record<Language, Record<string, string>>) => {
    for (const language of LANGUAGES) Object.assign(dictionaries[language], more[language]);
    return (key: string, values?: Values): string => find(key, values) ?? key;
  };
  languageCell.value = preferredLanguage(localStorage.getItem(REMEMBERED), navigator.language);
  document.documentElement.lang = languageCell.value;
  return {
    t: (key, values) => find(key, values) ?? key,
    find,
    add,
    get language() {
      return languageCell.value;
    },
    use,
  };
}
