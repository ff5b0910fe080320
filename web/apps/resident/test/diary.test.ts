import { expect, test } from "vitest";
import { openingTimes, readCelsius } from "../src/diary";

test("temperatures are read as people write them", () => {
  for (const text of ["36.5", "36,5", " 36.5 ", "３６．５", "36.5℃", "36.5度", "36。5"]) expect(readCelsius(text), text).toBe(36.5);
  expect(readCelsius("37")).toBe(37);
  for (const text of ["", "3.65", "29.9", "45.1", "98.6", "36.55", "hot"]) expect(readCelsius(text), text).toBe(null);
});

test("an opening begins now, or so many minutes ahead, and has an end", () => {
  const now_ms = Date.parse("2020-03-06T08:00:00+08:00");
  expect(openingTimes(0, 15, now_ms)).toEqual({ from_at: null, until_at: "2020-03-06T08:15:00.000+08:00" });
  expect(openingTimes(60, 30, now_ms)).toEqual({ from_at: "2020-03-06T09:00:00.000+08:00", until_at: "2020-03-06T09:30:00.000+08:00" });
});
