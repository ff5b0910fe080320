/** The rule lab's pure parts: CSV, cells, rows, faults at their cells, differences, cases. */
import { readFileSync } from "node:fs";
import type { RuleShadowView, TableError } from "@gridpass/api";
import { describe, expect, test } from "vitest";
import { gather, mergeCases, newCase, readCases, spread, writeCases } from "../src/rules/cases";
import { formatList, formatTest, parseList, parseTest } from "../src/rules/cells";
import { columnOf, type TableName, TABLES } from "../src/rules/columns";
import { formatCsv, parseCsv } from "../src/rules/csv";
import { changesIn, diffSheets } from "../src/rules/diff";
import { placeFaults } from "../src/rules/faults";
import {
  begin,
  cellOf,
  deleteRow,
  insertRow,
  moveRow,
  readSheet,
  redo,
  setCell,
  type Sheet,
  step,
  undo,
  writeSheet,
} from "../src/rules/sheet";
import { differing, peopleSums, scanSums } from "../src/rules/shadow";
import zh from "../src/words/rules.zh-CN.json";
import en from "../src/words/rules.en.json";

const shipped = (name: string): string =>
  readFileSync(new URL(`../../../../rules/2020-03/${name}`, import.meta.url), "utf8").replace(/^\uFEFF/, "");
const table = (name: TableName): Sheet => readSheet(shipped(`${name}.csv`));
const rules = (sheet: Sheet): string[] => sheet.rows.map((row) => cellOf(sheet, row, "rule"));

describe("CSV", () => {
  test.each(TABLES)("the %s table comes back as it was", (name) => {
    expect(writeSheet(table(name))).toBe(shipped(`${name}.csv`).replaceAll("\r\n", "\n"));
  });

  test("what needs quotes has them, and spreadsheets' habits are read", () => {
    const lines = [["a", 'say "no"'], ["in(x,y)", "-"]];
    expect(formatCsv(lines)).toBe('a,"say ""no"""\n"in(x,y)",-\n');
    expect(parseCsv(formatCsv(lines))).toEqual(lines);
    expect(parseCsv('\uFEFF a , "b"\r\n\r\n"c\nd",e\r')).toEqual([
      ["a", '"b"'],
      ["c\nd", "e"],
    ]);
  });

  test("a short row is filled up, so that every cell can be shown", () => {
    expect(readSheet("rule,colour,reason\nA1,red\n").rows[0]?.cells).toEqual(["A1", "red", ""]);
  });
});

describe("cells", () => {
  const words = ["none", "suspected", "confirmed"];
  test.each([
    ["-", "-"],
    ["suspected", "suspected"],
    ["in(confirmed, suspected)", "in(suspected,confirmed)"],
    ["in(suspected)", "suspected"],
    ["in（none，suspected，confirmed）", "-"],
    ["not(none)", "not(none)"],
    ["not(confirmed,none)", "not(none,confirmed)"],
  ])("%s is written %s", (cell, shortest) => {
    const read = parseTest(cell);
    expect(read && formatTest(read, words)).toBe(shortest);
  });

  test.each(["", ">= 3", "a,b", "in()", "not(a", "in(a b)"])("%j is no test on words", (cell) => {
    expect(parseTest(cell)).toBeNull();
  });

  test("lists", () => {
    expect(parseList("grid, community")).toEqual(["grid", "community"]);
    expect(formatList(["community", "grid"], ["response_team", "grid", "community"])).toBe("grid,community");
    expect(formatList(parseList("-"), ["grid"])).toBe("-");
  });

  test.each(TABLES)("every cell of the shipped %s table is in the pick-lists, with words in both languages", (name) => {
    const sheet = table(name);
    for (const [index, head] of sheet.header.entries()) {
      const column = columnOf(name, head);
      expect(zh).toHaveProperty(`rules_col_${head}`);
      for (const row of sheet.rows) {
        const text = row.cells[index] ?? "";
        const said =
          column.kind === "test" ? parseTest(text)?.words : column.kind === "words" ? parseList(text) : column.kind === "word" ? [text] : [];
        for (const word of said ?? [text]) {
          expect(column.words, `${head}: ${text}`).toContain(word);
          expect(zh, `${head} ${word}`).toHaveProperty(`rules_w_${head}_${word}`);
          expect(en, `${head} ${word}`).toHaveProperty(`rules_w_${head}_${word}`);
        }
      }
    }
  });

  test("reasons are those of the closed list, in its words", () => {
    const [, ...lines] = parseCsv(shipped("reasons.csv"));
    for (const [, word, stands, inChinese, inEnglish] of lines) {
      const tables = stands === "both" ? TABLES : [stands as TableName];
      for (const one of tables) expect(columnOf(one, "reason").words).toContain(word);
      expect(zh).toHaveProperty(`rules_w_reason_${word}`, inChinese);
      expect(en).toHaveProperty(`rules_w_reason_${word}`, inEnglish);
    }
  });
});

describe("rows", () => {
  test("move, come and go, and keep their identity", () => {
    const sheet = table("gate");
    const moved = moveRow(sheet, 0, 2);
    expect(rules(moved)).toEqual(["B2", "B3", "B1", "B4", "B5", "B6", "B7", "B8"]);
    expect(moved.rows[2]).toBe(sheet.rows[0]);
    expect(moveRow(sheet, 0, -1)).toBe(sheet);
    expect(moveRow(sheet, 7, 8)).toBe(sheet);
    const added = insertRow(sheet, "gate", 1);
    expect(rules(added)).toEqual(["B1", "B9", "B2", "B3", "B4", "B5", "B6", "B7", "B8"]);
    expect(added.rows[1]?.cells).toEqual(["B9", "-", "-", "-", "-", "-", "-", "", "", "-", "-"]);
    expect(rules(deleteRow(added, 1))).toEqual(rules(sheet));
  });

  test("changes are undone and done again; a new one ends what was undone", () => {
    const first = begin(table("gate"));
    const second = step(first, setCell(first.now, 0, 1, ">= 38"));
    expect(step(second, second.now)).toBe(second);
    const back = undo(second);
    expect(back.now).toBe(first.now);
    expect(redo(back).now).toBe(second.now);
    expect(undo(back)).toBe(back);
    expect(step(back, deleteRow(back.now, 0)).future).toEqual([]);
  });
});

test("faults stand at their cell, their row, or above the table", () => {
  const sheet = table("colour");
  const fault = (row: number, column: string, of: TableName = "colour"): TableError => ({
    table: of,
    row,
    column,
    code: "unknown_value",
    message: "",
    message_zh: "",
  });
  const [cell, row, header, whole, gate] = [fault(5, "health"), fault(16, ""), fault(1, "mood"), fault(0, ""), fault(2, "", "gate")];
  const placed = placeFaults([cell, row, header, whole, gate], "colour", sheet);
  expect([...placed.cells]).toEqual([[`3:${sheet.header.indexOf("health")}`, [cell]]]);
  expect([...placed.rows]).toEqual([[14, [row]]]);
  expect(placed.whole).toEqual([header, whole]);
});

describe("differences", () => {
  const before = readSheet("rule,case,colour\nA1,confirmed,red\nA2,suspected,red\nA3,-,yellow\n");
  const told = (csv: string): string[] =>
    changesIn(diffSheets(before, readSheet(csv))).map(
      (row) => `${row.change} ${(row.after ?? row.before)?.cells[0]} ${row.columns.join(",")}${row.moved ? " moved" : ""}`,
    );

  test("none", () => expect(told(writeSheet(before))).toEqual([]));
  test("a cell", () => {
    expect(told("rule,case,colour\nA1,confirmed,red\nA2,suspected,yellow\nA3,-,yellow\n")).toEqual(["changed A2 colour"]);
  });
  test("a row more and a row less", () => {
    expect(told("rule,case,colour\nA0,none,green\nA1,confirmed,red\nA3,-,yellow\n")).toEqual(["added A0 ", "removed A2 "]);
  });
  test("a row that only stands elsewhere", () => {
    expect(told("rule,case,colour\nA2,suspected,red\nA1,confirmed,red\nA3,-,yellow\n")).toEqual(["moved A1  moved"]);
  });
  test("a row with another name is the same row", () => {
    expect(told("rule,case,colour\nA1,confirmed,red\nA9,suspected,red\nA3,-,yellow\n")).toEqual(["changed A9 rule"]);
  });
  test("a column more", () => {
    expect(told("rule,case,test,colour\nA1,confirmed,-,red\nA2,suspected,-,red\nA3,-,-,yellow\n")).toEqual([
      "changed A1 test",
      "changed A2 test",
      "changed A3 test",
    ]);
  });
  test("a moved row that is changed as well", () => {
    expect(told("rule,case,colour\nA2,suspected,yellow\nA1,confirmed,red\nA3,-,yellow\n")).toEqual([
      "changed A2 colour",
      "moved A1  moved",
    ]);
  });
});

describe("cases", () => {
  const text = shipped("cases.jsonl").trim();

  test("are read with their lines and expectations", () => {
    const cases = readCases(`\n${text}\nno case\n`);
    expect(cases[0]?.line).toBe(2);
    expect(cases.slice(0, -1).every((one) => one.id !== "" && one.expect !== null)).toBe(true);
    expect(cases.at(-1)).toMatchObject({ id: "", expect: null, text: "no case" });
    expect(writeCases(readCases(text))).toBe(text);
  });

  test("one of the same name takes its place, others come last", () => {
    const old = readCases('{"id":"a"}\n{"id":"b"}');
    const more = readCases('{"id":"c"}\n{"id":"a","now":1}');
    expect(mergeCases(old, more)).toBe('{"id":"a","now":1}\n{"id":"b"}\n{"id":"c"}');
  });

  test("are spread for editing and gathered without loss", () => {
    const one = newCase("n", "2020-03-06T08:30:00Z");
    expect(spread(one).split("\n").length).toBeGreaterThan(5);
    expect(gather(spread(one))).toBe(one);
    expect(gather("[1]")).toBeNull();
    expect(gather("{")).toBeNull();
  });
});

test("a shadow's scans are added up over days, its people taken from the last", () => {
  const place = { division_code: "440310001001", day: "2020-03-06" };
  const scan = { ...place, colour: "yellow", shadow_colour: "green", action: "check", shadow_action: "pass", scans: 2 };
  const people = { ...place, colour: "yellow", shadow_colour: "green", people: 5 };
  const view = {
    scans: [scan, { ...scan, day: "2020-03-07", scans: 3 }, { ...scan, shadow_action: "check", scans: 7 }],
    people: [people, { ...people, day: "2020-03-07", people: 4 }, { ...people, day: "2020-03-07", shadow_colour: "yellow", people: 1 }],
  } as unknown as RuleShadowView;
  expect(scanSums(view)).toEqual([
    { from: "check", to: "check", count: 7 },
    { from: "check", to: "pass", count: 5 },
  ]);
  expect(differing(scanSums(view))).toEqual({ other: 5, all: 12 });
  expect(differing(peopleSums(view))).toEqual({ other: 4, all: 5 });
});
