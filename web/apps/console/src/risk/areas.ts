/**
 * Areas of high risk as a list that is kept: begun, ended, corrected, taken from a file.
 *
 * The server takes the whole list at a time. An area that ended stays on it with its days, because
 * stays declared later still fall into them.
 */
import type { RiskArea, RiskAreaChange } from "@gridpass/api";
import provinces from "@gridpass/kit/provinces.json";
import { formatCsv, parseCsv } from "../rules/csv";
import type { Key } from "../words";

/** As the server holds. */
export const AREAS_MAX = 1000;
const NAME_CHARS_MAX = 40;
const CODE_DIGITS = [2, 4, 6, 9, 12, 15];
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const COLUMNS = ["area_code", "name_zh", "name_en", "since", "until"] as const;

export type AreaState = "lasts" | "ended" | "ahead";

/** Where an area stands on a day. */
export function stateOf(area: RiskArea, today: string): AreaState {
  if (area.since > today) return "ahead";
  return area.until && area.until < today ? "ended" : "lasts";
}

/** The province that a code begins with. */
export const provinceOf = (code: string) => provinces.find((one) => code.startsWith(one.code));

/** A day that exists, written as the server takes it. */
function isDay(text: string): boolean {
  const at_ms = Date.parse(text);
  return DAY.test(text) && !Number.isNaN(at_ms) && new Date(at_ms).toISOString().startsWith(text);
}

const isName = (name: string): boolean => name.trim() !== "" && [...name.trim()].length <= NAME_CHARS_MAX;

export type Faults = Partial<Record<(typeof COLUMNS)[number], Key>>;

/** What is wrong with an area, field by field. */
export function faultsOf({ area_code, name_zh, name_en, since, until }: RiskArea): Faults {
  const faults: Faults = {};
  if (!/^\d+$/.test(area_code) || !CODE_DIGITS.includes(area_code.length) || !provinceOf(area_code)) faults.area_code = "risk_code_wrong";
  if (!isName(name_zh)) faults.name_zh = "risk_name_wrong";
  if (!isName(name_en)) faults.name_en = "risk_name_wrong";
  if (!isDay(since)) faults.since = "risk_day_wrong";
  if (until && !isDay(until)) faults.until = "risk_day_wrong";
  else if (until && until < since) faults.until = "risk_days_order";
  return faults;
}

/** The list with an area, in the place of the one with its code. */
export function withArea(areas: RiskArea[], area: RiskArea): RiskArea[] {
  const others = areas.filter((one) => one.area_code !== area.area_code);
  return [...others, area].toSorted((a, b) => a.area_code.localeCompare(b.area_code));
}

export const withoutArea = (areas: RiskArea[], code: string): RiskArea[] => areas.filter((one) => one.area_code !== code);

export const same = (a: RiskArea, b: RiskArea): boolean => COLUMNS.every((column) => (a[column] ?? "") === (b[column] ?? ""));

export interface FileFault {
  /** Line of the file, the header being 1. */
  line: number;
  fault: Key;
}

/** Areas of a CSV file with the columns of the server's names, in any order. */
export function readAreas(text: string): { areas: RiskArea[]; faults: FileFault[] } {
  const [header = [], ...lines] = parseCsv(text);
  const at = COLUMNS.map((column) => header.map((name) => name.toLowerCase()).indexOf(column));
  if (at.slice(0, 4).some((place) => place < 0)) return { areas: [], faults: [{ line: 1, fault: "risk_header_wrong" }] };
  const faults: FileFault[] = [];
  const areas: RiskArea[] = [];
  for (const [index, cells] of lines.entries()) {
    const [area_code = "", name_zh = "", name_en = "", since = "", until = ""] = at.map((place) => cells[place] ?? "");
    const area: RiskArea = { area_code, name_zh, name_en, since, until: until || null };
    const [fault] = Object.values(faultsOf(area));
    const twice = areas.some((one) => one.area_code === area_code);
    if (fault || twice) faults.push({ line: index + 2, fault: fault ?? "risk_code_twice" });
    else areas.push(area);
  }
  return { areas, faults };
}

export const writeAreas = (areas: RiskArea[]): string =>
  formatCsv([[...COLUMNS], ...areas.map((area) => COLUMNS.map((column) => area[column] ?? ""))]);

export interface Changes {
  /** What the list would be. */
  areas: RiskArea[];
  added: RiskArea[];
  changed: RiskArea[];
  ended: RiskArea[];
}

/**
 * What a file changes: its areas are added or take the place of those of their code. If the file is
 * the whole list, areas that last and are not in it end on `today`.
 */
export function changesBy(file: RiskArea[], areas: RiskArea[], { whole, today }: { whole: boolean; today: string }): Changes {
  const before = new Map(areas.map((area) => [area.area_code, area]));
  const named = new Set(file.map((area) => area.area_code));
  const added = file.filter((area) => !before.has(area.area_code));
  const changed = file.filter((area) => {
    const old = before.get(area.area_code);
    return old !== undefined && !same(old, area);
  });
  const gone = whole ? areas.filter((area) => !named.has(area.area_code) && stateOf(area, today) === "lasts" && area.until !== today) : [];
  const ended = gone.map((area) => ({ ...area, until: today }));
  const all = [...added, ...changed, ...ended].reduce(withArea, areas);
  return { areas: all, added, changed, ended };
}

/** What happened to an area; an end is a change of its own. */
export function kindOf({ before, after }: RiskAreaChange): "added" | "removed" | "ended" | "changed" {
  if (!before) return "added";
  if (!after) return "removed";
  const sameBut = same({ ...before, until: null }, { ...after, until: null });
  return sameBut && after.until && !before.until ? "ended" : "changed";
}

export interface Difference {
  column: "name_zh" | "name_en" | "since" | "until";
  before: string;
  after: string;
}

/** What differs between an area before and after; an open end is empty. */
export function differencesOf({ before, after }: RiskAreaChange): Difference[] {
  if (!before || !after) return [];
  const columns = ["name_zh", "name_en", "since", "until"] as const;
  return columns
    .map((column) => ({ column, before: before[column] ?? "", after: after[column] ?? "" }))
    .filter((one) => one.before !== one.after);
}
