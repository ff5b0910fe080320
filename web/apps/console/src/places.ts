/**
 * Names of places: the tree of divisions, asked for once while this tab lives, and single
 * enclosures and employers as they come up. People read names; codes travel.
 */
import type { DivisionView } from "@gridpass/api";
import { reactive, ref } from "vue";
import { getEmployer, getEnclosure, listDivisions, searchEmployers, searchEnclosures } from "./calls";
import areas from "@gridpass/staff/areas";
import { t, words } from "./words";

/** What can be picked: its code or number, its name, and where it lies. */
export interface Place {
  value: string;
  name: string;
  path: string;
}

export type PlaceKind = "division" | "enclosure" | "employer" | "area";

export const divisions = ref<DivisionView[]>([]);
let asked: Promise<void> | null = null;

/** Asks for the tree once; a failure is tried again by the next who needs it. */
export function loadDivisions(): Promise<void> {
  asked ??= listDivisions("").then(
    (found) => {
      divisions.value = found;
    },
    () => {
      asked = null;
    },
  );
  return asked;
}

/** `440310001001000` names the community: nothing deeper is known. */
const trimmed = (code: string): string => (code.length > 9 ? code.replace(/(000)+$/, "") : code);

function chain(code: string): DivisionView[] {
  const found: DivisionView[] = [];
  let next: string | null | undefined = trimmed(code);
  while (next) {
    const step: DivisionView | undefined = divisions.value.find((one) => one.code === next);
    if (!step) break;
    found.unshift(step);
    next = step.parent;
  }
  return found;
}

/** A place in words: 坪山街道 › 六联社区. The code only where nothing is known of it. */
export function placeName(code: string): string {
  if (!code) return t("place_everywhere");
  void loadDivisions();
  const steps = chain(code);
  const below = steps.length > 1 ? steps.slice(1) : steps;
  if (below.length > 0) return below.map((step) => step.name).join(" › ");
  return areaName(code) ?? t("place_division", { code });
}

const nameOfArea = (area: { zh: string; en: string }): string => (words.language === "en" ? area.en : area.zh);

/** The name of a province or prefecture outside the district, if it is a known one. */
export function areaName(code: string): string | null {
  const found = areas.find((area) => area.code === code);
  return found ? nameOfArea(found) : null;
}

const toPlace = (division: DivisionView): Place => ({
  value: division.code,
  name: division.name,
  path: chain(division.parent ?? "").map((step) => step.name).join(" › "),
});

const FOUND_MAX = 30;
/** A code of a prefecture, a county, a street, a community or a grid. */
const CODE = /^\d{4}$|^\d{6}$|^\d{9}$|^\d{12}$|^\d{15}$/;

/** A place of which only the code is known. */
const byCode = (code: string): Place => ({ value: code, name: placeName(code), path: "" });

/** How well a text fits: the beginning of a name before its middle. */
const rank = (name: string, text: string): number => (name.startsWith(text) ? 0 : 1);

function matching(text: string, within: string): Place[] {
  const fits = divisions.value.filter(
    (one) => one.code.startsWith(within) && (one.name.includes(text) || one.code.startsWith(text)),
  );
  return fits
    .toSorted((a, b) => rank(a.name, text) - rank(b.name, text) || a.code.length - b.code.length)
    .slice(0, FOUND_MAX)
    .map(toPlace);
}

/** What lies directly below a division, or else beside it; the top where none is named. */
export function below(code: string, within: string): Place[] {
  const inside = divisions.value.filter((one) => one.code.startsWith(within));
  const children = inside.filter((one) => one.parent === code);
  if (children.length > 0) return children.map(toPlace);
  const chosen = inside.find((one) => one.code === code);
  if (chosen) return inside.filter((one) => one.parent === chosen.parent).map(toPlace);
  const tops = inside.filter((one) => !inside.some((other) => other.code === one.parent));
  // A single top is no choice by itself: what lies below it is offered with it.
  const [top] = tops;
  const next = top && tops.length === 1 ? inside.filter((one) => one.parent === top.code) : [];
  return [...tops, ...next].map(toPlace);
}

/** Whether there is anything below a division. */
export const hasBelow = (code: string): boolean => divisions.value.some((one) => one.parent === code);

function matchingAreas(text: string): Place[] {
  const province = (code: string): string => (code.length > 2 ? (areaName(code.slice(0, 2)) ?? "") : "");
  const said = (area: (typeof areas)[number]): string => `${area.zh} ${area.en} ${province(area.code)}`.toLowerCase();
  const fits = areas.filter((area) => said(area).includes(text) || area.code.startsWith(text));
  const found = fits.map((area) => ({ value: area.code, name: nameOfArea(area), path: province(area.code) }));
  const known = found.some((one) => one.value === text);
  const typed = (CODE.test(text) || /^\d{2}$/.test(text)) && !known;
  return typed ? [...found, { value: text, name: t("place_by_code", { code: text }), path: "" }] : found;
}

/** What fits a typed text; of enclosures and employers the server knows. */
export async function findPlaces(kind: PlaceKind, typed: string, within: string): Promise<Place[]> {
  const text = typed.trim().toLowerCase();
  await loadDivisions();
  if (kind === "division") {
    // Whoever sets a server up makes accounts before there is a tree.
    if (divisions.value.length === 0 && CODE.test(text)) return [byCode(text)];
    return text ? matching(text, within) : below(within, within);
  }
  if (kind === "area") {
    const local = text ? matching(text, "") : [];
    return [...matchingAreas(text), ...local.filter((one) => !areas.some((area) => area.code === one.value))].slice(0, FOUND_MAX);
  }
  if (kind === "enclosure") {
    const { items } = await searchEnclosures(typed.trim(), within, FOUND_MAX);
    return items.map((one) => ({ value: String(one.enclosure_id), name: one.name, path: placeName(one.community_code) }));
  }
  const { items } = await searchEmployers(typed.trim(), within, FOUND_MAX);
  return items.map((one) => ({ value: String(one.employer_id), name: one.name, path: placeName(one.place_code) }));
}

// Names of single enclosures and employers, by kind and number.
const names = reactive<Record<string, string>>({});
const waiting = new Set<string>();

function nameOfOne(key: string, ask: () => Promise<{ name: string }>): string | null {
  if (!(key in names) && !waiting.has(key)) {
    waiting.add(key);
    ask()
      .then(({ name }) => {
        names[key] = name;
      })
      .catch(() => undefined)
      .finally(() => waiting.delete(key));
  }
  return names[key] ?? null;
}

/** An enclosure's name; its number until it has come. */
export const enclosureName = (id: number): string =>
  nameOfOne(`enclosure/${id}`, () => getEnclosure(id)) ?? t("place_enclosure", { id });

/** An employer's name; its number until it has come. */
export const employerName = (id: number): string =>
  nameOfOne(`employer/${id}`, () => getEmployer(id)) ?? t("place_employer", { id });

/** The name of whatever a field holds. */
export function nameOf(kind: PlaceKind, value: string): string {
  if (!value) return "";
  if (kind === "enclosure") return enclosureName(Number(value));
  if (kind === "employer") return employerName(Number(value));
  return kind === "area" ? (areaName(value) ?? placeName(value)) : (chain(value).at(-1)?.name ?? placeName(value));
}

/** Where a chosen division lies, from the top, without itself. */
export const pathAbove = (kind: PlaceKind, value: string): string =>
  kind === "division" ? chain(value).slice(0, -1).map((step) => step.name).join(" › ") : "";
