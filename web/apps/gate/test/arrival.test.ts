import { describe, expect, it } from "vitest";
import { arrivalOf, mostPressing } from "../src/arrival";

const at = (minute: number): string => new Date(Date.UTC(2020, 2, 6, 1, minute)).toISOString();
const now_ms = Date.parse(at(10));

describe("when somebody comes", () => {
  it("is by their own word: minutes left, any moment, late since", () => {
    const said = (minute: number): unknown => arrivalOf({ status: "on_the_way", expected_at: at(minute), due_at: at(40) }, now_ms);
    expect(said(18)).toEqual({ is: "minutes", count: 8, at: at(18) });
    expect(said(10)).toEqual({ is: "now", at: at(10) });
    expect(said(7)).toEqual({ is: "late", count: 3, at: at(7) });
    const soon = arrivalOf({ status: "on_the_way", expected_at: at(18), due_at: at(40) }, now_ms + 30_000);
    expect(soon).toEqual({ is: "minutes", count: 8, at: at(18) });
  });

  it("is by the rule while they said nothing", () => {
    const taken = (due: number): unknown => arrivalOf({ status: "accepted", expected_at: null, due_at: at(due) }, now_ms);
    expect(taken(40)).toEqual({ is: "due", at: at(40) });
    expect(taken(6)).toEqual({ is: "overdue", count: 4 });
  });

  it("is nothing to say before somebody took it and once they are there", () => {
    for (const status of ["none", "open", "arrived", "closed"] as const)
      expect(arrivalOf({ status, expected_at: at(18), due_at: at(40) }, now_ms)).toBeNull();
  });

  it("of several the most pressing is said", () => {
    const minutes = (count: number) => ({ is: "minutes" as const, count, at: at(0) });
    const late = (count: number) => ({ is: "late" as const, count, at: at(0) });
    expect(mostPressing([minutes(9), null, minutes(4)])).toEqual(minutes(4));
    expect(mostPressing([minutes(1), late(2), late(7)])).toEqual(late(7));
    expect(mostPressing([null])).toBeNull();
  });
});
