/** The words of every app: the same keys and the same places for values in both languages. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const apps = fileURLToPath(new URL("../../../apps", import.meta.url));
const read = (app: string, language: string): Record<string, string> =>
  JSON.parse(readFileSync(`${apps}/${app}/src/words/${language}.json`, "utf8")) as Record<string, string>;
const places = (sentence: string): string[] => (sentence.match(/\{\w+\}/g) ?? []).toSorted();

test.each(readdirSync(apps))("%s says everything in both languages", (app) => {
  const zh = read(app, "zh-CN");
  const en = read(app, "en");
  expect(Object.keys(en).toSorted()).toEqual(Object.keys(zh).toSorted());
  for (const [key, sentence] of Object.entries(zh)) {
    expect(sentence.trim(), key).not.toBe("");
    expect(en[key]?.trim(), key).not.toBe("");
    expect(places(en[key] ?? ""), key).toEqual(places(sentence));
    // English that was forgotten would still be Chinese; only the switch names the other language.
    if (!key.startsWith("language")) expect(en[key], key).not.toMatch(/\p{Script=Han}/u);
  }
});
