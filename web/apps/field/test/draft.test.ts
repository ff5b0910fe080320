import type { Stop } from "@gridpass/api";
import { expect, test } from "vitest";
import { callOf, draftProblem, emptyDraft, isTouched, partsOf, tryOf } from "../src/door/draft";

const WHEN = { call_id: 7, called_at: "2020-03-06T10:00:00.000Z" };
const HOME: Stop = {
  key: 5,
  place_code: "440399001001001",
  people: [
    {
      person_id: 1,
      name: "李雷",
      has_photo: false,
      seen: { residence: 11 },
      visits: [{ visit_id: 3, cause: "unknown", kind: "dwelling", due_at: WHEN.called_at, tries: 0 }],
    },
    { person_id: 2, name: "韩梅梅", has_photo: false, seen: {}, visits: [] },
  ],
};

test("a call is about those of whom something is filled in, with what the worker had seen", () => {
  expect(callOf(HOME, { 1: emptyDraft() }, WHEN)).toBeNull();
  const call = callOf(HOME, { 1: { ...emptyDraft(), outcome: "verified_moved_in" }, 2: emptyDraft() }, WHEN);
  expect(call?.people).toEqual([
    { person_id: 1, outcome: "verified_moved_in", seen: { residence: 11 }, needs: [], served: [] },
  ]);
  expect(call?.names).toEqual({ 1: "李雷" });
});

test("questions that were not asked are not answered", () => {
  const well = callOf(HOME, { 2: { ...emptyDraft(), healthy: "well", symptoms: ["cough"], temperature: "36.6" } }, WHEN);
  expect(well?.people[0]).toMatchObject({ outcome: "checked", health: { symptoms: [], temperature: 36.6 } });
  const no = callOf(HOME, { 2: { ...emptyDraft(), stay: "no" } }, WHEN);
  expect(no?.people[0]).toMatchObject({ outcome: "checked", epidemic_area_stay: { found: false } });
  expect(no?.people[0]).not.toHaveProperty("health");
  expect(well?.people[0]).not.toHaveProperty("epidemic_area_stay");
});

test("a try in vain is about those who were to be asked", () => {
  const call = tryOf(HOME, { outcome: "absent", reason: "at_work", next_try_at: "2020-03-07T11:00:00.000Z" }, WHEN);
  expect(call.people).toEqual([
    { person_id: 1, outcome: "absent", reason: "at_work", seen: { residence: 11 }, next_try_at: "2020-03-07T11:00:00.000Z" },
  ]);
});

test("half an answer is asked for before it is saved", () => {
  const draft = emptyDraft();
  expect(isTouched(draft)).toBe(false);
  expect(draftProblem(draft)).toBeNull();
  expect(draftProblem({ ...draft, stay: "yes" })).toBe("draft_area");
  expect(draftProblem({ ...draft, stay: "yes", area: "42" })).toBe("draft_until");
  expect(draftProblem({ ...draft, healthy: "ill" })).toBe("draft_symptoms");
  expect(draftProblem({ ...draft, healthy: "ill", temperature: "38.1" })).toBeNull();
  expect(draftProblem({ ...draft, temperature: "50" })).toBe("draft_temperature");
  const moved = { ...draft, address: "3栋202", address_code: "440399" };
  expect(draftProblem(moved)).toBe("draft_address_code");
  expect(draftProblem({ ...moved, address_code: "４４０３９９ 0010010010001000202" })).toBeNull();
  const call = callOf(HOME, { 2: { ...moved, address_code: "4403990010010010001000202" } }, WHEN);
  expect(call?.people[0]).toMatchObject({ address: "3栋202", address_code: "4403990010010010001000202" });
});

test("who has no home on record is verified into an enclosure that the worker names", () => {
  const draft = { ...emptyDraft(), outcome: "verified_moved_in" as const };
  expect(draftProblem(draft, true)).toBe("draft_enclosure");
  expect(draftProblem(draft, false)).toBeNull();
  expect(draftProblem({ ...emptyDraft(), outcome: "checked" }, true)).toBeNull();
  const named = { ...draft, enclosure_id: 9, address: "3栋201" };
  expect(draftProblem(named, true)).toBeNull();
  expect(callOf(HOME, { 1: named }, WHEN)?.people[0]).toMatchObject({ enclosure_id: 9, address: "3栋201" });
  // A draft that an older app kept.
  const { enclosure_id: _, ...older } = emptyDraft();
  expect(isTouched(older as ReturnType<typeof emptyDraft>)).toBe(false);
});

test("a dormitory is saved in calls that the server takes", () => {
  const people = Array.from({ length: 45 }, (_, at) => ({ ...HOME.people[1]!, person_id: at + 1, name: `${at + 1}号` }));
  const draft = Object.fromEntries(people.map((one) => [one.person_id, { ...emptyDraft(), healthy: "well" as const }]));
  let next = 100;
  const parts = partsOf(callOf({ ...HOME, people }, draft, WHEN)!, () => ++next);
  expect(parts.map((one) => [one.call_id, one.people.length, Object.keys(one.names).length])).toEqual([
    [7, 20, 20],
    [101, 20, 20],
    [102, 5, 5],
  ]);
});

test("whoever had moved out and is found here again lives where the worker stands", () => {
  const at = (residence: "none" | "away" | "verified", outcome: "verified_moved_in" | "moved_out") => {
    const stop: Stop = { ...HOME, enclosure_id: 44, people: [{ ...HOME.people[1]!, residence }] };
    return callOf(stop, { 2: { ...emptyDraft(), outcome } }, WHEN)?.people[0]?.enclosure_id;
  };
  expect(at("away", "verified_moved_in")).toBe(44);
  expect(at("none", "verified_moved_in")).toBe(44);
  expect(at("verified", "verified_moved_in")).toBeUndefined();
  expect(at("away", "moved_out")).toBeUndefined();
});
