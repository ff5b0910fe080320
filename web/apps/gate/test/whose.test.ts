import { expect, test } from "vitest";
import { isFresh, isTheirs, strangerEntry } from "../src/whose";

const ORDINARY = { fever: false, another: false, again: false };

test("in the ordinary case a reading is of the person on the screen", () => {
  expect(isTheirs(ORDINARY)).toBe(true);
});

test("after a fever, or another's code, only a reading that was asked for", () => {
  for (const unclear of [{ fever: true }, { another: true }, { fever: true, another: true }]) {
    expect(isTheirs({ ...ORDINARY, ...unclear })).toBe(false);
    expect(isTheirs({ ...ORDINARY, ...unclear, again: true })).toBe(true);
  }
});

test("what was kept is shown to the same guard, for ten minutes", () => {
  const kept = { at_ms: 1_000_000, guard: "小李" };
  expect(isFresh(kept, "小李", 1_000_000)).toBe(true);
  expect(isFresh(kept, "小李", 1_000_000 + 10 * 60_000 - 1)).toBe(true);
  expect(isFresh(kept, "小李", 1_000_000 + 10 * 60_000)).toBe(false);
  // A clock that was put back says nothing of how long ago it was.
  expect(isFresh(kept, "小李", 999_999)).toBe(false);
  expect(isFresh(kept, "小王", 1_000_001)).toBe(false);
});

test("a stranger is written down as they were typed, else as nobody", () => {
  const scan = { at: "2020-03-06T09:00:00+08:00", direction: "in" } as const;
  const stopped = { ...scan, action: "stop", temperature: 38.8 };
  const number = { document_number: "440399198001010014", document_type: "resident_id" } as const;
  expect(strangerEntry({ ...scan, ...number }, 38.8, "姓名不详")).toEqual({ ...stopped, ...number });
  expect(strangerEntry({ ...scan, document_number: "P1234567" }, 38.8, "姓名不详")).toEqual({ ...stopped, document_number: "P1234567" });
  expect(strangerEntry({ ...scan, pass_serial: 7 }, 38.8, "姓名不详")).toEqual({ ...stopped, pass_serial: 7 });
  expect(strangerEntry(scan, 38.8, "姓名不详")).toEqual({ ...stopped, name: "姓名不详" });
});
