/** The uploaded map with the stops on it: which stand at which building, and what to show. Pure. */
import type { MapFeature, Stop } from "@gridpass/api";
import { type Box, boxOf, extentOf, middleOf, pathOf, planeOf, type Position } from "@gridpass/kit/plane";
import { type StopState, stateOf } from "../work/doors";

export type BuildingState = StopState | "sending";

/** A building of the map with the stops in it. */
export interface Building {
  key: string;
  name: string;
  /** Its outline as an SVG path; empty where it is a point. */
  d: string;
  /** Where its label stands. */
  x: number;
  y: number;
  stops: Stop[];
}

export interface Drawing {
  buildings: Building[];
  /** Outlines of enclosures and landmarks, for finding one's way. */
  outlines: { d: string }[];
  labels: { text: string; x: number; y: number }[];
  /** Everything. */
  all: Box;
  /** The buildings where somebody is to be visited. */
  busy: Box;
  /** Stops whose building is not on the map. */
  elsewhere: Stop[];
}

const ENDS = /(号楼|栋|座|幢|楼|#)$/;
const PLACE_WORDS: [string, string][] = [["棟", "栋"], ["樓", "楼"], ["層", "层"], ["號", "号"], ["單元", "单元"], ["#楼", "号楼"]];

/** A part of an address in plain form, as the server's `fold_place` has it: half width, no blanks, simplified words. */
function plainPlace(text: string): string {
  const half = text.replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0));
  const bare = half.replace(/[\s\u200b-\u200f\u202a-\u202e\u2060]/g, "");
  return PLACE_WORDS.reduce((place, [word, plain]) => place.replaceAll(word, plain), bare);
}

/** The same building written differently: `3栋`, `3号楼`, `3#`, `03`. */
export const buildingKey = (name: string): string => plainPlace(name).replace(ENDS, "").replace(/^0+/, "").toLowerCase();

interface Flat {
  feature: MapFeature;
  rings: Position[][];
  at: Position;
  positions: Position[];
}

function flatten(features: MapFeature[]): Flat[] {
  const positionsOf = ({ rings, point }: MapFeature): Position[] =>
    [...rings.flat(), ...(point ? [point] : [])] as Position[];
  const flat = planeOf(features.flatMap(positionsOf));
  return features.map((feature) => {
    const rings = feature.rings.map((ring) => (ring as Position[]).map(flat));
    const largest = rings.toSorted((a, b) => extentOf(b) - extentOf(a))[0];
    const point = feature.point ? flat(feature.point as Position) : undefined;
    return { feature, rings, at: point ?? (largest ? middleOf(largest) : [0, 0]), positions: point ? [point] : rings.flat() };
  });
}

/** Draws a map with the stops that are shown. Answers nothing where there is no map. */
export function drawMap(features: MapFeature[], stops: Stop[]): Drawing | null {
  if (features.length === 0) return null;
  const things = flatten(features);
  const left = new Map<string, Stop[]>();
  const keyOf = (enclosure_id: number | null | undefined, name: string): string => `${enclosure_id ?? ""}/${buildingKey(name)}`;
  for (const stop of stops) {
    const key = keyOf(stop.enclosure_id, stop.door?.building ?? "");
    left.set(key, [...(left.get(key) ?? []), stop]);
  }
  const placed = new Set<string>();
  const buildings: Building[] = [];
  const outlines: Drawing["outlines"] = [];
  const labels: Drawing["labels"] = [];
  const busy: Position[] = [];
  for (const { feature, rings, at, positions } of things) {
    const d = pathOf(rings);
    if (!feature.building) {
      if (d) outlines.push({ d });
      if (feature.label) labels.push({ text: feature.label, x: at[0], y: at[1] });
      continue;
    }
    const key = keyOf(feature.enclosure_id, feature.building);
    const here = left.get(key) ?? [];
    placed.add(key);
    if (here.length > 0) busy.push(...positions);
    buildings.push({ key, name: feature.building, d, x: at[0], y: at[1], stops: here });
  }
  const all = boxOf(things.flatMap((one) => one.positions));
  const elsewhere = [...left].filter(([key]) => !placed.has(key)).flatMap(([, some]) => some);
  return { buildings, outlines, labels, all, busy: busy.length ? boxOf(busy) : all, elsewhere };
}

const ORDER: BuildingState[] = ["late", "today", "waits", "open", "sending"];

/** How a building stands: as the most pressing of its doors; empty where nobody is to be visited. */
export function buildingState(stops: Stop[], now_ms: number, sending: (stop: Stop) => boolean): BuildingState | "" {
  const states = stops.map((stop) => (sending(stop) ? "sending" : stateOf(stop, now_ms)));
  return ORDER.find((state) => states.includes(state)) ?? "";
}
