/** Columns of the catalogue as the editor knows them. */
import { readFileSync } from "node:fs";
import type { CatalogueEntry, CatalogueEntryView } from "@gridpass/api";
import { beforeAll, describe, expect, test } from "vitest";
import { catalogue } from "../src/catalogue";
import { columnOf, examplesOf, isBuiltIn, isCondition } from "../src/rules/columns";
import { addColumn, insertRow, readSheet, removeColumn, writeSheet } from "../src/rules/sheet";

const read = (name: string): string => readFileSync(new URL(`../../../../rules/${name}`, import.meta.url), "utf8");

beforeAll(() => {
  const entries = JSON.parse(read("examples/catalogue.json")) as CatalogueEntry[];
  catalogue.entries = entries.map(
    (definition, at) => ({ proposal_id: at + 1, definition, status: "approved" }) as unknown as CatalogueEntryView,
  );
});

describe("columns of the catalogue", () => {
  test.each([
    ["hours_since_negative_test", "duration", []],
    ["last_test", "test", ["none", "negative", "positive"]],
    ["tested_lately", "test", ["no", "yes"]],
    ["vaccinations", "number", []],
    ["last_vaccination_day", "date", []],
  ])("%s is of the kind %s", (name, kind, words) => {
    expect(columnOf("colour", name)).toEqual({ name, kind, words });
    expect(isCondition(columnOf("colour", name))).toBe(true);
    expect(isBuiltIn("colour", name)).toBe(false);
    expect(columnOf("gate", name).kind).toBe("number");
  });

  test("suggest cells in the form of what they hold", () => {
    expect(examplesOf(columnOf("colour", "vaccinations"), "2020-03-06")).toContain(">= 2");
    expect(examplesOf(columnOf("colour", "last_vaccination_day"), "2020-03-06")).toContain(">= 2020-03-06");
    expect(examplesOf(columnOf("colour", "hours_since_negative_test"), "2020-03-06")).toContain("< 48h");
    expect(examplesOf(columnOf("colour", "last_test"), "2020-03-06")).toEqual([]);
  });

  test("stand among the conditions, ask nothing at first, and go again", () => {
    const csv = read("2020-03/colour.csv").replaceAll("\r\n", "\n");
    const sheet = readSheet(csv);
    const more = addColumn(sheet, "vaccinations");
    expect(more.header.slice(9, 12)).toEqual(["employment", "vaccinations", "colour"]);
    expect(more.rows.every((row) => row.cells[10] === "-" && row.cells.length === 17)).toBe(true);
    expect(insertRow(more, "colour", 0).rows[0]?.cells[10]).toBe("-");
    expect(writeSheet(removeColumn(more, "vaccinations"))).toBe(writeSheet(sheet));
    expect(removeColumn(sheet, "unheard")).toBe(sheet);
  });
});
