/** Places and days that the form offers are such as the server takes. */
import { expect, test, vi } from "vitest";
import { dayFrom, newLeg, PROVINCES, UNCHOSEN } from "../src/legs";

test("every province once, by the code documents carry", () => {
  const codes = PROVINCES.map(({ code }) => code);
  expect(new Set(codes).size).toBe(34);
  expect(codes.filter((code) => !/^[1-8]\d$/.test(code))).toEqual([]);
  expect(PROVINCES.filter(({ zh, en }) => !zh || !en)).toEqual([]);
});

test("days are the district's, whatever the phone is set to", () => {
  vi.useFakeTimers({ now: new Date("2020-03-05T17:00:00Z") });
  expect(dayFrom(0)).toBe("2020-03-06");
  expect(dayFrom(-14)).toBe("2020-02-21");
  expect(newLeg("planned")).toMatchObject({ from: "2020-03-06", until: "2020-03-06", place: "", area: UNCHOSEN });
  vi.useRealTimers();
});
