/** Where the faults of a check are shown: at their cell, their row, or above the table. */
import type { TableError } from "@gridpass/api";
import type { TableName } from "./columns";
import type { Sheet } from "./sheet";

/** Lines of a sheet above its first row. */
const HEADER_LINES = 1;

export interface PlacedFaults {
  /** By row and column from 0, `3:2`. */
  cells: Map<string, TableError[]>;
  /** By row from 0. */
  rows: Map<number, TableError[]>;
  /** Of the table as a whole, and of columns that are not there. */
  whole: TableError[];
}

function put<K>(map: Map<K, TableError[]>, key: K, fault: TableError): void {
  map.set(key, [...(map.get(key) ?? []), fault]);
}

/** Places those of one table. The server counts rows as a spreadsheet does, the header being 1. */
export function placeFaults(faults: readonly TableError[], table: TableName, sheet: Sheet): PlacedFaults {
  const placed: PlacedFaults = { cells: new Map(), rows: new Map(), whole: [] };
  for (const fault of faults) {
    if (fault.table !== table) continue;
    const row = fault.row - 1 - HEADER_LINES;
    const column = sheet.header.indexOf(fault.column);
    if (row < 0 || row >= sheet.rows.length) placed.whole.push(fault);
    else if (column < 0) put(placed.rows, row, fault);
    else put(placed.cells, `${row}:${column}`, fault);
  }
  return placed;
}
