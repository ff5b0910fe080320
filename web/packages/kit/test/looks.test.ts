/** One opening of a record is one look, whatever its parts. */
import { expect, test } from "vitest";
import { groupLooks } from "../src/looks";

const look = (at: string, unit: string, purpose: string, changed = false) => ({ at, unit, role: "grid_worker", purpose, changed });

test("entries of one unit and role within a minute are one look", () => {
  const looks = [
    look("2020-03-06T00:31:05Z", "六联社区", "evidence"),
    look("2020-03-06T00:31:04Z", "社区医院", "response"),
    look("2020-03-06T00:31:03Z", "六联社区", "registration"),
    look("2020-03-06T00:31:02Z", "六联社区", "evidence", true),
    look("2020-03-06T00:30:59Z", "六联社区", "evidence"),
  ];
  const purposes = groupLooks(looks).map((group) => group.map((one) => `${one.purpose}${one.changed ? "!" : ""}`));
  expect(purposes).toEqual([["evidence", "registration"], ["response"], ["evidence!"], ["evidence"]]);
  expect(groupLooks([])).toEqual([]);
});
