/** The words of every app: the same keys and the same places for values in each language. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const read = (file: string): Record<string, string> =>
  JSON.parse(readFileSync(`${root}/${file}`, "utf8")) as Record<string, string>;
/** Files of Chinese words: an app's own, and those of parts that are loaded later. */
const files = [...readdirSync(`${root}/apps`).map((app) => `apps/${app}`), "packages/staff"]
  .flatMap((part) => readdirSync(`${root}/${part}/src/words`).map((name) => `${part}/src/words/${name}`))
  .filter((name) => name.endsWith("zh-CN.json"));
/** Apps that somebody from across the border holds in their hand. */
const traditional = files.filter((name) => /^apps\/(pass|resident)\//.test(name));
const places = (sentence: string): string[] => (sentence.match(/\{\w+\}/g) ?? []).toSorted();
const han = (sentence: string): string[] => sentence.match(/\p{Script=Han}/gu) ?? [];

/** Every Han character of Big5: what Traditional Chinese is written with; simplified forms are not in it. */
const BIG5 = new Set<string>();
const decoder = new TextDecoder("big5");
for (let lead = 0xa4; lead <= 0xf9; lead++)
  for (let trail = 0x40; trail <= 0xfe; trail++)
    if (trail <= 0x7e || trail >= 0xa1) for (const letter of han(decoder.decode(Uint8Array.of(lead, trail)))) BIG5.add(letter);

/** How Hong Kong and Macao write it; Big5 has only another form. */
const OF_HONG_KONG = new Set(["着"]);

/** The same keys and places; each sentence says something. */
function expectSame(other: Record<string, string>, zh: Record<string, string>): void {
  expect(Object.keys(other).toSorted()).toEqual(Object.keys(zh).toSorted());
  for (const [key, sentence] of Object.entries(zh)) {
    expect(other[key]?.trim(), key).not.toBe("");
    expect(places(other[key] ?? ""), key).toEqual(places(sentence));
  }
}

function expectTraditional(sentences: Record<string, string>): void {
  for (const [key, sentence] of Object.entries(sentences)) {
    const simplified = han(sentence).filter((letter) => !BIG5.has(letter) && !OF_HONG_KONG.has(letter));
    expect(simplified, key).toEqual([]);
  }
}

test.each(files)("%s says everything in English too", (file) => {
  const zh = read(file);
  const en = read(file.replace("zh-CN.json", "en.json"));
  expectSame(en, zh);
  for (const [key, sentence] of Object.entries(zh)) {
    expect(sentence.trim(), key).not.toBe("");
    // English that was forgotten would still be Chinese; only the switch names the other language.
    if (!key.startsWith("language")) expect(en[key], key).not.toMatch(/\p{Script=Han}/u);
  }
});

test.each(traditional)("%s says everything in Traditional Chinese too", (file) => {
  const words = read(file.replace("zh-CN.json", "zh-Hant.json"));
  expectSame(words, read(file));
  expectTraditional(words);
});

test("no half-done translation lies about", () => {
  const hant = files.map((file) => file.replace("zh-CN.json", "zh-Hant.json")).filter((file) => existsSync(`${root}/${file}`));
  expect(hant).toEqual(traditional.map((file) => file.replace("zh-CN.json", "zh-Hant.json")));
});

test("what the server says to a holder is there in Traditional Chinese", () => {
  const said = read("packages/kit/src/said.zh-Hant.json");
  expectTraditional(said);
  const server = (file: string): string => readFileSync(`${root}/../${file}`, "utf8");
  // Messages of the tables in force: those of the row's own language column, and the advice.
  for (const file of ["colour", "advice"]) {
    const [head = "", ...rows] = server(`rules/2020-03/${file}.csv`).trim().split("\n");
    const columns = head.split(",").flatMap((name, at) => (name.endsWith("_zh") ? [at] : []));
    for (const row of rows) for (const at of columns) expect(said, row).toHaveProperty([cells(row)[at] ?? ""]);
  }
  const notices = JSON.parse(server("crates/gridpass/src/privacy/notices.json")) as { parts: { title_zh: string; text_zh: string }[] }[];
  for (const part of notices.flatMap((notice) => notice.parts))
    for (const text of [part.title_zh, part.text_zh]) expect(said).toHaveProperty([text]);
  // Who looked, and what for.
  const purposes = server("crates/gridpass/src/audit/operations.rs").matchAll(/Purpose::\w+ => "([^"]*\p{Script=Han}[^"]*)"/gu);
  const roles = server("crates/gridpass/src/oversight/model.rs").split("fn role_words")[1]?.split("\n}\n")[0] ?? "";
  const looks = [...purposes, ...roles.matchAll(/"([^"]*\p{Script=Han}[^"]*)"/gu)].map(([, text]) => text ?? "");
  expect(looks.length).toBeGreaterThan(20);
  for (const text of looks) expect(said).toHaveProperty([text]);
  const refusals = new Map(Array.from(server("docs/errors.md").matchAll(/^\| `(\w+)` \| \d+ \| .* \| (.*) \|$/gm), ([, code, zh]) => [code, zh]));
  for (const code of MET_BY_HOLDERS) expect(said, code).toHaveProperty([refusals.get(code) ?? code]);
});

/** Cells of a row; one in quotes may hold commas. */
const cells = (row: string): string[] => Array.from(row.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g), ([, quoted, plain]) => quoted ?? plain ?? "");

/** Refusals that somebody with a phone may read. */
const MET_BY_HOLDERS = `
  invalid_fields not_found conflict internal too_many_requests overloaded database_unavailable request_timeout
  body_too_large not_signed_in session_expired phone_replaced no_text_gateway phone_code_wrong too_many_codes
  too_many_tries ask_at_counter challenge_unsolved already_enrolled photo_invalid photo_missing
  too_many_dependants has_own_phone phone_of_guardian enclosure_unknown not_a_gate_code gate_code_malformed
  gate_unknown gate_code_forged gate_code_expired gate_code_in_future person_unknown pass_revoked time_in_future
  time_too_old temperature_absurd appeal_not_needed appeal_exists appeal_closed evidence_type_unknown
  evidence_unreadable evidence_active evidence_too_many
  not_observed opening_over need_closed too_many_entries
`
  .trim()
  .split(/\s+/);
