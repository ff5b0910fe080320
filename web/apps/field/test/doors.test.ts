import type { Stop, StopVisit } from "@gridpass/api";
import { expect, test } from "vitest";
import { buildingsOf, byDoor, floorsOf, matches, roomOf, stateOf } from "../src/work/doors";

const NOW = Date.parse("2020-03-06T10:00:00+08:00");

const visit = (more: Partial<StopVisit> = {}): StopVisit => ({
  visit_id: 1,
  cause: "residence_unverified",
  kind: "dwelling",
  due_at: "2020-03-07T10:00:00+08:00",
  tries: 0,
  ...more,
});

let keys = 0;
function stop(building: string, unit: string, floor: number | null, room: string, visits = [visit()]): Stop {
  const seen = {};
  const text = building + (unit && `${unit}单元`) + room;
  return {
    key: ++keys,
    place_code: "440399001001001",
    enclosure_name: "金地朗悦花园",
    door: { text, building, unit, floor, room },
    people: [{ person_id: keys, has_photo: false, seen, visits }],
  };
}

test("doors come building by building, floor by floor, as numbers and not as text", () => {
  const doors = [
    stop("12栋", "", 2, "201"),
    stop("3栋", "2", 1, "101"),
    stop("3栋", "1", 15, "1504"),
    stop("3栋", "1", 2, "203"),
  ];
  const walked = doors.toSorted(byDoor).map((one) => `${one.door?.building} ${roomOf(one)}`);
  expect(walked).toEqual(["3栋 1-203", "3栋 1-1504", "3栋 2-101", "12栋 201"]);
  expect(buildingsOf(doors.toSorted(byDoor)).map(({ name, stops }) => [name, stops.length])).toEqual([
    ["金地朗悦花园 3栋", 3],
    ["金地朗悦花园 12栋", 1],
  ]);
});

test("a building is drawn from the top, what tells no floor below it", () => {
  const floors = floorsOf([stop("3栋", "", 2, "201"), stop("3栋", "", null, "后院"), stop("3栋", "", 15, "1504")]);
  expect(floors.map(({ floor }) => floor)).toEqual([15, 2, null]);
});

test("a stop is late, waits for its time, or is due today, by the district's day", () => {
  const of = (...visits: StopVisit[]) => stateOf(stop("3栋", "", 2, "201", visits), NOW);
  expect(of(visit())).toBe("open");
  expect(of(visit({ due_at: "2020-03-06T23:59:00+08:00" }))).toBe("today");
  expect(of(visit({ due_at: "2020-03-07T00:01:00+08:00" }))).toBe("open");
  const late = visit({ due_at: "2020-03-06T09:00:00+08:00" });
  expect(of(late)).toBe("late");
  const waits = visit({ ...late, next_try_at: "2020-03-06T19:00:00+08:00" });
  expect(of(waits)).toBe("waits");
  expect(of(waits, late)).toBe("late");
});

test("a door is found by a part of its room, in any width", () => {
  const door = stop("3栋", "1", 15, "1504");
  for (const typed of ["", "1504", "１５０４", "3栋 1", "朗悦"]) expect(matches(door, typed), typed).toBe(true);
  expect(matches(door, "1505")).toBe(false);
  const coded = { ...door, address_code: "4403990010010010001001504" };
  expect(matches(coded, "4403990010010010001001504")).toBe(true);
  expect(matches(coded, "10001001504")).toBe(true);
  expect(matches(coded, "0100")).toBe(false);
});
