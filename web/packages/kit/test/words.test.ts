/** The words of every app: the same keys and the same places for values in each language. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { inTraditional } from "../src/traditional";

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

test("every field of a person's own data has a word", () => {
  const api = readFileSync(`${root}/../crates/gridpass/src/privacy/api.rs`, "utf8");
  const fields = Array.from(api.matchAll(/\bof\(\s*"(\w+)"/g), ([, name]) => `field_${name}`);
  expect(fields.length).toBeGreaterThan(10);
  for (const field of fields) expect(read("apps/resident/src/words/zh-CN.json"), field).toHaveProperty([field]);
});

/** Cells of a row; one in quotes may hold commas. */
const cells = (row: string): string[] => Array.from(row.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g), ([, quoted, plain]) => quoted ?? plain ?? "");

/** Refusals that somebody with a phone may read. */
const MET_BY_HOLDERS = `
  invalid_fields not_found conflict internal too_many_requests overloaded database_unavailable request_timeout
  body_too_large not_signed_in session_expired phone_replaced no_text_gateway phone_code_wrong too_many_codes
  too_many_tries ask_at_counter challenge_unsolved already_enrolled photo_invalid photo_missing
  too_many_dependants has_own_phone phone_of_guardian enclosure_unknown home_verified not_a_gate_code gate_code_malformed
  gate_unknown gate_code_forged gate_code_expired gate_code_in_future person_unknown pass_revoked time_in_future
  time_too_old temperature_absurd appeal_not_needed appeal_exists appeal_closed evidence_type_unknown
  evidence_unreadable evidence_active evidence_too_many
  not_observed opening_over opening_overlaps too_many_openings need_closed too_many_entries
`
  .trim()
  .split(/\s+/);

/** What is wrong with a name, a phone or a number. */
const TYPES = ["name.rs", "phone.rs", "document/error.rs"].map((file) => `../../types/src/${file}`);

/** Chinese literals of a source of the server, as sentences that somebody with a phone reads. */
function literals(file: string, from = "", until = "#[cfg(test)]"): string[] {
  const source = readFileSync(`${root}/../crates/gridpass/src/${file}`, "utf8");
  const part = source.slice(from ? source.indexOf(from) : 0).split(until)[0] ?? "";
  return Array.from(part.matchAll(/"((?:[^"\\]|\\.)*\p{Script=Han}(?:[^"\\]|\\.)*)"/gu), ([, text]) => text ?? "").filter((text) => !text.includes("\\"));
}

test("what a holder is told is there in Traditional Chinese, with units, times and reasons in it", () => {
  const told = [
    ...literals("notify/model.rs", "fn words(&self)"),
    ...literals("appeals/model.rs", "pub fn words(self)", "words! {"),
    ...literals("facts/explain.rs", "impl PlainHold", "A fact as a worker sees it"),
    ...["observation/model/needs.rs", "observation/model/doors.rs", "declarations/model.rs", "people/dependants.rs", "privacy/model.rs", ...TYPES].flatMap((file) => literals(file)),
  ];
  expect(told.length).toBeGreaterThan(45);
  for (const sentence of told) {
    // The morning and the evening, and the full stop, are parts that the server puts in by itself.
    if (/^(上午|晚间|。|[·，。：；]+)$/.test(sentence)) continue;
    const filled = sentence
      .replace("{day}{zh}的", "{day}晚间的")
      .replace(/\{[^}]*\}/g, "7");
    expect(filled, sentence).not.toBe("");
    const shown = inTraditional(filled);
    expectTraditional({ [sentence]: shown });
    if (han(filled).some((letter) => !BIG5.has(letter))) expect(shown, sentence).not.toBe(filled);
  }
});

test("what stands in the places of a sentence is looked up in turn, and names stay", () => {
  expect(inTraditional("您的申诉已受理，由坪山区疫情防控指挥部（电话 0755-28220000）办理，将于2020-03-08 08:30前答复。")).toBe(
    "您的申訴已受理，由坪山区疫情防控指挥部（電話 0755-28220000）辦理，將於2020-03-08 08:30前答覆。",
  );
  const end = "由卫健局提出并经另一单位确认，卫健局负责。如有异议，请向卫健局或社区窗口提出，查实有误即时撤销。";
  const across = "由卫健局提出並經另一單位確認，卫健局負責。如有異議，請向卫健局或社區服務窗口提出，查實有誤即時撤銷。";
  expect(inTraditional(`您因密切接触被登记，通行证为红证，至2020-03-20解除。${end}`)).toBe(`您因密切接觸被登記，通行證為紅證，至2020-03-20解除。${across}`);
  expect(inTraditional(`您因体温异常被登记，通行证为红证。${end}`)).toBe(`您因體溫異常被登記，通行證為紅證。${across}`);
  expect(inTraditional("因期限已到，您的通行证由绿证变为黄证：您的住址待网格员核实。如有疑问请联系社区窗口。")).toBe(
    "因期限已到，您的通行證由綠證變為黃證：您的住址有待網格員核實。如有疑問請聯絡社區服務窗口。",
  );
  expect(inTraditional("您的申诉未予支持：经复核，原依据属实。详情请在通行证页面查看。")).toBe("您的申訴未獲支持：經覆核，原依據屬實。詳情請在通行證頁面查看。");
  expect(inTraditional("居委会主任手写的一句话。")).toBe("居委会主任手写的一句话。");
});

test("sentences of another shape keep their places", () => {
  const sentences = read("packages/kit/src/sentences.zh-Hant.json");
  for (const [zh, hant] of Object.entries(sentences)) expect(places(hant).filter((one, at, all) => all.indexOf(one) === at), zh).toEqual(places(zh).filter((one, at, all) => all.indexOf(one) === at));
});
