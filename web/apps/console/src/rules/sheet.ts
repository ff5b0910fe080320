/** A table being edited: rows that keep their identity while they move, and changes that can be undone. */
import { parseCsv, formatCsv } from "./csv";
import { columnOf, emptyCell, type TableName } from "./columns";

export interface SheetRow {
  /** Identity within this tab, so that a row that moves stays the same row. */
  key: number;
  cells: readonly string[];
}

export interface Sheet {
  header: readonly string[];
  rows: readonly SheetRow[];
}

/** Rows a table may have, as the server has it. */
export const ROWS_MAX = 200;

let lastKey = 0;
const newRow = (cells: readonly string[]): SheetRow => ({ key: ++lastKey, cells });

export function readSheet(csv: string): Sheet {
  const [header = [], ...lines] = parseCsv(csv);
  return { header, rows: lines.map((line) => newRow([...line, ...header.slice(line.length).map(() => "")])) };
}

export const writeSheet = (sheet: Sheet): string =>
  formatCsv([[...sheet.header], ...sheet.rows.map((row) => [...row.cells])]);

export const cellOf = (sheet: Sheet, row: SheetRow | undefined, column: string): string =>
  row?.cells[sheet.header.indexOf(column)] ?? "";

export function setCell(sheet: Sheet, at: number, column: number, text: string): Sheet {
  const rows = sheet.rows.map((row, index) => (index === at ? { ...row, cells: row.cells.with(column, text) } : row));
  return { ...sheet, rows };
}

/** `A16` after `A1` to `A15`: the letter of the rows there are and the next free number. */
export function nextRuleId(sheet: Sheet): string {
  const ids = sheet.rows.map((row) => cellOf(sheet, row, "rule"));
  const letters = /^[A-Za-z]+/.exec(ids[0] ?? "")?.[0] ?? "R";
  const numbers = ids.map((id) => Number(id.slice(letters.length))).filter((number) => Number.isInteger(number));
  return `${letters}${Math.max(0, ...numbers) + 1}`;
}

/** A row that says nothing yet, above the one at `at`. */
export function insertRow(sheet: Sheet, table: TableName, at: number): Sheet {
  const cells = sheet.header.map((name) => {
    const column = columnOf(table, name);
    return column.kind === "id" ? nextRuleId(sheet) : emptyCell(column);
  });
  return { ...sheet, rows: sheet.rows.toSpliced(at, 0, newRow(cells)) };
}

/** A column more, before what the rows decide; it asks nothing yet. */
export function addColumn(sheet: Sheet, name: string): Sheet {
  const at = Math.max(0, sheet.header.indexOf("colour"));
  const rows = sheet.rows.map((row) => ({ ...row, cells: row.cells.toSpliced(at, 0, "-") }));
  return { header: sheet.header.toSpliced(at, 0, name), rows };
}

export function removeColumn(sheet: Sheet, name: string): Sheet {
  const at = sheet.header.indexOf(name);
  if (at < 0) return sheet;
  const rows = sheet.rows.map((row) => ({ ...row, cells: row.cells.toSpliced(at, 1) }));
  return { header: sheet.header.toSpliced(at, 1), rows };
}

export const deleteRow = (sheet: Sheet, at: number): Sheet => ({ ...sheet, rows: sheet.rows.toSpliced(at, 1) });

/** Takes the row at `from` out and puts it where `to` is; out of bounds changes nothing. */
export function moveRow(sheet: Sheet, from: number, to: number): Sheet {
  const row = sheet.rows[from];
  if (!row || from === to || to < 0 || to >= sheet.rows.length) return sheet;
  return { ...sheet, rows: sheet.rows.toSpliced(from, 1).toSpliced(to, 0, row) };
}

const STEPS_MAX = 200;

/** States of something in order, the one on show, and the way back and forth. */
export interface Steps<T> {
  past: readonly T[];
  now: T;
  future: readonly T[];
}

export const begin = <T>(now: T): Steps<T> => ({ past: [], now, future: [] });

export const step = <T>(steps: Steps<T>, next: T): Steps<T> =>
  next === steps.now ? steps : { past: [...steps.past, steps.now].slice(-STEPS_MAX), now: next, future: [] };

export function undo<T>(steps: Steps<T>): Steps<T> {
  const before = steps.past.at(-1);
  if (before === undefined) return steps;
  return { past: steps.past.slice(0, -1), now: before, future: [steps.now, ...steps.future] };
}

export function redo<T>(steps: Steps<T>): Steps<T> {
  const [after, ...rest] = steps.future;
  if (after === undefined) return steps;
  return { past: [...steps.past, steps.now], now: after, future: rest };
}
