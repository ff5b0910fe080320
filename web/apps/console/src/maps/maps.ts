/** Maps of divisions: the operations, and how one is drawn. */
import type { DivisionMap, MapFeature } from "@gridpass/api";
import { type Box, boxOf, extentOf, middleOf, pathOf, planeOf, type Position } from "@gridpass/kit/plane";
import { Problem, send } from "@gridpass/kit/problem";
import { get } from "@gridpass/staff/calls";
import { session } from "../session";

const api = "/api/v1/";

export const getDivisionMap = (code: string): Promise<DivisionMap> => get(`divisions/${code}/map`);

export const putDivisionMap = async (code: string, file: Blob): Promise<DivisionMap> => {
  const answer = await send(`${api}divisions/${code}/map`, {
    method: "PUT",
    token: session.token,
    body: file,
    type: "application/geo+json",
  });
  return (await answer.json()) as DivisionMap;
};

export const deleteDivisionMap = (code: string): Promise<unknown> =>
  send(`${api}divisions/${code}/map`, { method: "DELETE", token: session.token });

export interface MapFault {
  /** Place of the feature in the file, from 1; absent when it is the file. */
  feature: number | null;
  en: string;
  zh: string;
}

/** What is wrong with a file, feature by feature; null when it was refused for another reason. */
export function faultsOf(error: unknown): MapFault[] | null {
  if (!(error instanceof Problem) || error.body.code !== "map_invalid") return null;
  return (error.body.fields ?? []).map(({ field, message, message_zh }) => ({
    feature: Number(/^feature (\d+)$/.exec(field)?.[1]) || null,
    en: message,
    zh: message_zh,
  }));
}

export interface Drawn {
  key: number;
  kind: "building" | "outline" | "landmark";
  text: string;
  d: string;
  x: number;
  y: number;
}

/** A map as shapes on a plane, with the box around them. */
export function drawn(features: MapFeature[]): { shapes: Drawn[]; box: Box } | null {
  const positions = features.flatMap(({ rings, point }) => [...rings.flat(), ...(point ? [point] : [])]) as Position[];
  if (positions.length === 0) return null;
  const flat = planeOf(positions);
  const shapes = features.map((feature, key): Drawn => {
    const rings = feature.rings.map((ring) => (ring as Position[]).map(flat));
    const largest = rings.toSorted((a, b) => extentOf(b) - extentOf(a))[0];
    const [x, y] = feature.point ? flat(feature.point as Position) : largest ? middleOf(largest) : [0, 0];
    const kind = feature.building ? "building" : feature.label ? "landmark" : "outline";
    return { key, kind, text: feature.building ?? feature.label ?? "", d: pathOf(rings), x, y };
  });
  return { shapes: shapes.toSorted((a, b) => Number(a.kind !== "outline") - Number(b.kind !== "outline")), box: boxOf(positions.map(flat)) };
}
