/**
 * The columns of both tables and the words their cells may hold, in the order the sheet has them.
 *
 * The server decides what a cell may say; this gives the pick-lists. Columns of the catalogue are
 * as the server describes them. A column that is known nowhere is written as text, so that a sheet
 * with more columns can be edited all the same.
 */
import type { CatalogueColumn } from "@gridpass/api";
import { columnOfCatalogue, kindOf } from "../catalogue";

export type TableName = "colour" | "gate";
export const TABLES: TableName[] = ["colour", "gate"];

export type CellKind =
  /** The row's name. */
  | "id"
  /** A unary test on words: anything, one, several, none of. */
  | "test"
  /** A unary test on a number, as text. */
  | "number"
  /** On a day: `>= 2020-03-01`. */
  | "date"
  /** On a time that has gone by: `< 48h`, `>= 14d`. */
  | "duration"
  /** One word. */
  | "word"
  /** Several words, or none. */
  | "words"
  /** Hours, or none. */
  | "hours"
  /** A sentence. */
  | "text";

export interface Column {
  name: string;
  kind: CellKind;
  words: readonly string[];
}

const test = (name: string, ...words: string[]): Column => ({ name, kind: "test", words });
const COLOURS = ["green", "yellow", "red"];
const NOTIFIED = ["response_team", "grid", "community"];

const COLUMNS: Record<TableName, Column[]> = {
  colour: [
    { name: "rule", kind: "id", words: [] },
    test("case", "none", "suspected", "confirmed"),
    test("quarantine", "none", "home", "central", "hospital"),
    test("contact", "none", "secondary", "close"),
    test("health", "none", "normal", "symptoms", "fever"),
    test("stay", "none", "declared", "confirmed"),
    test("exempt", "no", "yes"),
    test("registry", "none", "matched", "conflict"),
    test("residence", "none", "declared", "verified", "away"),
    test("employment", "none", "declared", "verified"),
    { name: "colour", kind: "word", words: COLOURS },
    {
      name: "reason",
      kind: "word",
      words: [
        "case",
        "quarantine",
        "close_contact",
        "fever",
        "epidemic_area",
        "exempt",
        "epidemic_area_declared",
        "secondary_contact",
        "symptoms",
        "identity_conflict",
        "verified_resident",
        "verified_worker",
        "residence_unverified",
        "employment_unverified",
        "unknown",
      ],
    },
    { name: "visit_hours", kind: "hours", words: [] },
    { name: "notify", kind: "words", words: NOTIFIED },
    { name: "message_zh", kind: "text", words: [] },
    { name: "message_en", kind: "text", words: [] },
  ],
  gate: [
    { name: "rule", kind: "id", words: [] },
    { name: "temperature", kind: "number", words: [] },
    test("colour", ...COLOURS),
    test("area", "normal", "controlled", "sealed"),
    test("direction", "in", "out"),
    test("relation", "visitor", "works_here", "lives_here"),
    test("checked", "no", "yes"),
    { name: "action", kind: "word", words: ["pass", "check", "stop"] },
    { name: "reason", kind: "word", words: ["fever", "red", "sealed_area", "visitor", "green", "checked", "yellow", "shown_before"] },
    { name: "checks", kind: "words", words: ["recheck_temperature", "host_consent", "travel_history", "key_facts"] },
    { name: "notify", kind: "words", words: NOTIFIED },
  ],
};

/** A column of the catalogue as the server describes it; facts that are not there are `none`. */
function catalogued(column: CatalogueColumn): Column {
  const { key: name, operation } = column;
  if (operation.op === "exists") return test(name, "no", "yes");
  if (operation.op === "since") return { name, kind: "duration", words: [] };
  if (operation.op === "count") return { name, kind: "number", words: [] };
  const field = kindOf(column.kind)?.fields.find((one) => one.key === operation.field)?.value;
  if (field?.type === "choice") return test(name, "none", ...field.words.map((word) => word.key));
  return { name, kind: field?.type === "date" ? "date" : "number", words: [] };
}

/** A column by its name in the header. */
export function columnOf(table: TableName, name: string): Column {
  const known = COLUMNS[table].find((column) => column.name === name);
  if (known) return known;
  const found = table === "colour" ? columnOfCatalogue(name) : undefined;
  return found ? catalogued(found) : { name, kind: "number", words: [] };
}

/** Whether a column is code and in every table of its kind. */
export const isBuiltIn = (table: TableName, name: string): boolean => COLUMNS[table].some((column) => column.name === name);

const ORDERED: CellKind[] = ["number", "date", "duration"];

/** Whether cells hold values that have an order, as text. */
export const isOrdered = (column: Column): boolean => ORDERED.includes(column.kind);

/** Cells to begin with, as the column's values are written. */
export function examplesOf(column: Column, today: string): string[] {
  const some = { date: [`>= ${today}`, `< ${today}`], duration: ["< 48h", "[24h..72h)", ">= 14d"], number: [">= 2", "[1..3]", "in(1,2)"] };
  const found = some[column.kind as keyof typeof some];
  return found ? ["-", ...found, "none", "not(none)"] : [];
}

/** What a new row holds under a column: it says nothing yet, and the check says what is missing. */
export function emptyCell(column: Column): string {
  return column.kind === "word" || column.kind === "text" || column.kind === "id" ? "" : "-";
}

/** Whether a column is a condition, before what the row decides. */
export const isCondition = (column: Column): boolean => column.kind === "test" || isOrdered(column);
