import type { RiskArea, RiskAreaChange } from "@gridpass/api";
import { expect, test } from "vitest";
import { changesBy, differencesOf, faultsOf, kindOf, readAreas, stateOf, withArea, writeAreas } from "../src/risk/areas";

const TODAY = "2020-03-06";
const area = (area_code: string, more: Partial<RiskArea> = {}): RiskArea => ({
  area_code,
  name_zh: `地区${area_code}`,
  name_en: `Area ${area_code}`,
  since: "2020-01-23",
  until: null,
  ...more,
});

test("an area lasts through its last day", () => {
  expect(stateOf(area("42"), TODAY)).toBe("lasts");
  expect(stateOf(area("42", { until: TODAY }), TODAY)).toBe("lasts");
  expect(stateOf(area("42", { until: "2020-03-05" }), TODAY)).toBe("ended");
  expect(stateOf(area("42", { since: "2020-03-07" }), TODAY)).toBe("ahead");
});

test("what is wrong is said at its field", () => {
  expect(faultsOf(area("42"))).toEqual({});
  expect(faultsOf(area("4201"))).toEqual({});
  for (const code of ["", "4", "420", "99", "42010x", "4201060010010011"]) expect(faultsOf(area(code)).area_code, code).toBe("risk_code_wrong");
  expect(faultsOf(area("42", { name_zh: "  " })).name_zh).toBe("risk_name_wrong");
  expect(faultsOf(area("42", { name_en: "x".repeat(41) })).name_en).toBe("risk_name_wrong");
  for (const day of ["", "2020-02-30", "2020/02/01", "1.2.2020"]) expect(faultsOf(area("42", { since: day })).since, day).toBe("risk_day_wrong");
  expect(faultsOf(area("42", { until: "2020-01-22" })).until).toBe("risk_days_order");
});

test("an area takes the place of the one with its code, in order of codes", () => {
  const list = [area("42"), area("4401")];
  const ended = withArea(list, area("42", { until: TODAY }));
  expect(ended.map((one) => [one.area_code, one.until])).toEqual([
    ["42", TODAY],
    ["4401", null],
  ]);
  expect(withArea(list, area("4201")).map((one) => one.area_code)).toEqual(["42", "4201", "4401"]);
});

test("a file reads back as it was written, columns in any order", () => {
  const list = [area("42", { name_en: 'Hubei, "all of it"' }), area("4401", { until: "2020-02-20" })];
  expect(readAreas(`\uFEFF${writeAreas(list)}`)).toEqual({ areas: list, faults: [] });
  const turned = "name_en,since,area_code,name_zh\r\nHubei,2020-01-23,42,湖北\r\n";
  expect(readAreas(turned).areas).toEqual([area("42", { name_zh: "湖北", name_en: "Hubei" })]);
});

test("faults of a file name their lines", () => {
  const text = "area_code,name_zh,name_en,since,until\n42,湖北,Hubei,2020-01-23,\n42,湖北,Hubei,2020-01-23,\n77,,X,2020-01-23,\n4401,广州,Guangzhou,2020-02-31,\n";
  expect(readAreas(text).faults).toEqual([
    { line: 3, fault: "risk_code_twice" },
    { line: 4, fault: "risk_code_wrong" },
    { line: 5, fault: "risk_day_wrong" },
  ]);
  expect(readAreas("code,name\n42,湖北\n").faults).toEqual([{ line: 1, fault: "risk_header_wrong" }]);
});

test("a file adds and changes; only a whole list ends what it does not name, and nothing is lost", () => {
  const list = [area("42"), area("4401"), area("33", { until: "2020-02-20" })];
  const file = [area("42", { since: "2020-01-20" }), area("4403")];
  const merged = changesBy(file, list, { whole: false, today: TODAY });
  expect([merged.added.length, merged.changed.length, merged.ended.length]).toEqual([1, 1, 0]);
  expect(merged.areas.find((one) => one.area_code === "4401")?.until).toBe(null);
  const whole = changesBy(file, list, { whole: true, today: TODAY });
  expect(whole.ended.map((one) => [one.area_code, one.until])).toEqual([["4401", TODAY]]);
  expect(whole.areas.map((one) => one.area_code)).toEqual(["33", "42", "4401", "4403"]);
  expect(changesBy(whole.areas, whole.areas, { whole: true, today: TODAY })).toMatchObject({ added: [], changed: [], ended: [] });
});

test("a change on record says what happened, and what differs", () => {
  const change = (before: RiskArea | null, after: RiskArea | null): RiskAreaChange => ({
    change_id: 7,
    version: 3,
    area_code: "42",
    before,
    after,
    changed_at: "2020-03-06T00:30:00Z",
    by_name: null,
    by_unit: null,
  });
  expect(kindOf(change(null, area("42")))).toBe("added");
  expect(kindOf(change(area("42"), null))).toBe("removed");
  expect(kindOf(change(area("42"), area("42", { until: TODAY })))).toBe("ended");
  expect(kindOf(change(area("42", { until: TODAY }), area("42")))).toBe("changed");
  expect(kindOf(change(area("42"), area("42", { until: TODAY, name_zh: "别名" })))).toBe("changed");
  expect(differencesOf(change(null, area("42")))).toEqual([]);
  expect(differencesOf(change(area("42"), area("42", { until: TODAY, since: "2020-01-20" })))).toEqual([
    { column: "since", before: "2020-01-23", after: "2020-01-20" },
    { column: "until", before: "", after: TODAY },
  ]);
});
