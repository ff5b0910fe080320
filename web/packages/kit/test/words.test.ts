/** The words of every app: the same keys and the same places for values in both languages. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const read = (file: string): Record<string, string> =>
  JSON.parse(readFileSync(`${root}/${file}`, "utf8")) as Record<string, string>;
/** Files of Chinese words: an app's own, and those of parts that are loaded later. */
const files = [...readdirSync(`${root}/apps`).map((app) => `apps/${app}`), "packages/staff"]
  .flatMap((part) => readdirSync(`${root}/${part}/src/words`).map((name) => `${part}/src/words/${name}`))
  .filter((name) => name.endsWith("zh-CN.json"));
const places = (sentence: string): string[] => (sentence.match(/\{\w+\}/g) ?? []).toSorted();

test.each(files)("%s says everything in English too", (file) => {
  const zh = read(file);
  const en = read(file.replace("zh-CN.json", "en.json"));
  expect(Object.keys(en).toSorted()).toEqual(Object.keys(zh).toSorted());
  for (const [key, sentence] of Object.entries(zh)) {
    expect(sentence.trim(), key).not.toBe("");
    expect(en[key]?.trim(), key).not.toBe("");
    expect(places(en[key] ?? ""), key).toEqual(places(sentence));
    // English that was forgotten would still be Chinese; only the switch names the other language.
    if (!key.startsWith("language")) expect(en[key], key).not.toMatch(/\p{Script=Han}/u);
  }
});
