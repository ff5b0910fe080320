import type { MapFeature, Stop } from "@gridpass/api";
import { expect, test } from "vitest";
import { buildingKey, buildingState, drawMap } from "../src/stops/map";

const NOW = Date.parse("2020-03-06T10:00:00+08:00");

/** A building of 100 m by 100 m, so many metres east of the first. */
function building(name: string, east: number, enclosure_id: number | null = 7): MapFeature {
  const latitude = 22.7;
  const metre = 1 / 111_320;
  const [w, s] = [114.35 + (east * metre) / Math.cos((latitude * Math.PI) / 180), latitude];
  const e = w + (100 * metre) / Math.cos((latitude * Math.PI) / 180);
  const n = s + 100 * metre;
  return { enclosure_id, building: name, rings: [[[w, s], [e, s], [e, n], [w, n], [w, s]]] };
}

let keys = 0;
function stop(name: string, due_at = "2020-03-07T10:00:00+08:00", enclosure_id: number | null = 7): Stop {
  const visit = { visit_id: 1, cause: "unknown", kind: "dwelling" as const, due_at, tries: 0 };
  return {
    key: ++keys,
    place_code: "440399001001001",
    enclosure_id,
    door: { text: `${name}201`, building: name, unit: "", floor: 2, room: "201" },
    people: [{ person_id: keys, has_photo: false, seen: {}, visits: [visit] }],
  };
}

test("buildings find their stops however they are written, and only in their own enclosure", () => {
  expect(["3栋", "3号楼", "03", " 3 幢"].map(buildingKey)).toEqual(["3", "3", "3", "3"]);
  expect(["３棟", "3號樓", "3#", "3＃樓"].map(buildingKey)).toEqual(["3", "3", "3", "3"]);
  expect(buildingKey("A座")).toBe("a");
  const stops = [stop("3号楼"), stop("3栋"), stop("3栋", undefined, 8), stop("9栋")];
  const drawing = drawMap([building("3栋", 0), building("4栋", 200)], stops);
  expect(drawing?.buildings.map((one) => [one.name, one.stops.length])).toEqual([["3栋", 2], ["4栋", 0]]);
  expect(drawing?.elsewhere).toEqual([stops[2], stops[3]]);
});

test("a metre is a metre in both directions, north is up", () => {
  const drawing = drawMap([building("1栋", 0), building("2栋", 300)], []);
  const [first, second] = drawing!.buildings;
  expect(second!.x - first!.x).toBeCloseTo(300, 0);
  expect(second!.y).toBeCloseTo(first!.y, 3);
  const [, left, bottom, right, , , top] = /M(\S+) (\S+)L(\S+) (\S+)L(\S+) (\S+)L/.exec(first!.d)!.map(Number);
  expect(right! - left!).toBeCloseTo(100, 0);
  expect(bottom! - top!).toBeCloseTo(100, 0);
});

test("it shows where somebody is to be visited, or everything when nobody is", () => {
  const features = [building("1栋", 0), building("2栋", 2_000)];
  const quiet = drawMap(features, [])!;
  expect(quiet.busy).toEqual(quiet.all);
  expect(quiet.all.width).toBeGreaterThan(2_100);
  const busy = drawMap(features, [stop("2栋")])!.busy;
  expect(busy.width).toBeLessThan(200);
  const two = quiet.buildings[1]!;
  expect(busy.x).toBeLessThan(two.x);
  expect(busy.x + busy.width).toBeGreaterThan(two.x);
});

test("outlines and landmarks are drawn, a hole stays one, and no map draws nothing", () => {
  const { rings } = building("", 0);
  const outline: MapFeature = { enclosure_id: 7, rings: [...rings, ...building("", 10).rings] };
  const gate: MapFeature = { label: "东门", rings: [], point: [114.3505, 22.7005] };
  const drawing = drawMap([outline, gate], [])!;
  expect(drawing.outlines).toHaveLength(1);
  expect(drawing.outlines[0]!.d.match(/M/g)).toHaveLength(2);
  expect(drawing.labels).toMatchObject([{ text: "东门" }]);
  expect(drawMap([], [stop("1栋")])).toBeNull();
});

test("a building stands as the most pressing of its doors", () => {
  const late = stop("3栋", "2020-03-06T09:00:00+08:00");
  const today = stop("3栋", "2020-03-06T20:00:00+08:00");
  const none = (): boolean => false;
  expect(buildingState([today, late], NOW, none)).toBe("late");
  expect(buildingState([today, late], NOW, (one) => one === late)).toBe("today");
  expect(buildingState([late], NOW, () => true)).toBe("sending");
  expect(buildingState([], NOW, none)).toBe("");
});
