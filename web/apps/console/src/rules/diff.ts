/**
 * What differs between two versions of a table, row by row.
 *
 * Rows are the same row if they have the same name; failing that, if everything but the name is
 * the same. Order matters in these tables, so a row that only stands elsewhere is told as well.
 */
import type { Sheet, SheetRow } from "./sheet";

export type RowChange = "same" | "added" | "removed" | "changed" | "moved";

export interface RowDiff {
  change: RowChange;
  before: SheetRow | null;
  after: SheetRow | null;
  /** Names of the columns whose cells differ; also of a row that moved. */
  columns: string[];
  /** It stands elsewhere among the rows that stayed. */
  moved: boolean;
}

const cell = (sheet: Sheet, row: SheetRow, column: string): string | undefined => row.cells[sheet.header.indexOf(column)];

/** Rows by their name, each name once. */
function byName(sheet: Sheet): Map<string, number> {
  const found = new Map<string, number>();
  sheet.rows.forEach((row, at) => {
    const name = cell(sheet, row, "rule") ?? "";
    if (!found.has(name)) found.set(name, at);
  });
  return found;
}

const content = (sheet: Sheet, row: SheetRow): string =>
  JSON.stringify(sheet.header.map((name, at) => [name, name === "rule" ? "" : row.cells[at]]));

/** For each row of `after`, where it stood before; -1 where it is new. */
function pairs(before: Sheet, after: Sheet): number[] {
  const taken = new Set<number>();
  const names = byName(before);
  const afterNames = byName(after);
  const found = after.rows.map((row, at) => {
    const name = cell(after, row, "rule") ?? "";
    const was = names.get(name) ?? -1;
    if (was < 0 || afterNames.get(name) !== at) return -1;
    taken.add(was);
    return was;
  });
  const rest = new Map<string, number[]>();
  before.rows.forEach((row, at) => {
    if (!taken.has(at)) rest.set(content(before, row), [...(rest.get(content(before, row)) ?? []), at]);
  });
  return found.map((was, at) => (was >= 0 ? was : (rest.get(content(after, after.rows[at] as SheetRow))?.shift() ?? -1)));
}

/** Places in `order` of a longest run that only grows: the rows that did not move. */
function longestRun(order: readonly number[]): Set<number> {
  const length = order.map(() => 1);
  const from = order.map(() => -1);
  let last = -1;
  order.forEach((was, at) => {
    if (was < 0) return;
    for (let earlier = 0; earlier < at; earlier++) {
      const is = order[earlier] as number;
      if (is >= 0 && is < was && (length[earlier] as number) + 1 > (length[at] as number)) {
        length[at] = (length[earlier] as number) + 1;
        from[at] = earlier;
      }
    }
    if (last < 0 || (length[at] as number) > (length[last] as number)) last = at;
  });
  const run = new Set<number>();
  for (let at = last; at >= 0; at = from[at] as number) run.add(at);
  return run;
}

function differing(before: Sheet, was: SheetRow, after: Sheet, is: SheetRow): string[] {
  const names = [...new Set([...after.header, ...before.header])];
  return names.filter((name) => cell(before, was, name) !== cell(after, is, name));
}

/** Every row of both, in the order of `after`; removed rows stand where they stood. */
export function diffSheets(before: Sheet, after: Sheet): RowDiff[] {
  const order = pairs(before, after);
  const stayed = longestRun(order);
  const kept = new Set(order.filter((was) => was >= 0));
  const removed = before.rows.map((row, at) => ({ row, at })).filter(({ at }) => !kept.has(at));
  const found: RowDiff[] = [];
  const tellRemoved = (until: number): void => {
    while (removed[0] && removed[0].at < until) {
      const { row } = removed.shift() as { row: SheetRow };
      found.push({ change: "removed", before: row, after: null, columns: [], moved: false });
    }
  };
  after.rows.forEach((row, at) => {
    const was = order[at] as number;
    const old = before.rows[was];
    if (!old) {
      found.push({ change: "added", before: null, after: row, columns: [], moved: false });
      return;
    }
    const moved = !stayed.has(at);
    if (!moved) tellRemoved(was);
    const columns = differing(before, old, after, row);
    const change = columns.length > 0 ? "changed" : moved ? "moved" : "same";
    found.push({ change, before: old, after: row, columns, moved });
  });
  tellRemoved(Number.POSITIVE_INFINITY);
  return found;
}

/** Rows that are not the same. */
export const changesIn = (diff: readonly RowDiff[]): RowDiff[] => diff.filter((row) => row.change !== "same");
