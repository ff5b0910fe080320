import type { ObservedPerson } from "@gridpass/api";
import { countdown } from "@gridpass/kit/age";
import { expect, test } from "vitest";
import { stateOf, urgency } from "../src/response/slots";

const NOW = Date.parse("2020-03-06T08:30:00+08:00");
type State = ObservedPerson["morning"]["state"];

const person = (morning: State, evening: State, needs_open = 0): ObservedPerson => ({
  person_id: 1,
  order_id: 2,
  place_code: "440399001001001",
  place: "home",
  day_number: 3,
  start: "2020-03-04",
  end: "2020-03-18",
  morning: { state: morning, due_at: "2020-03-06T11:00:00+08:00", symptoms: [] },
  evening: { state: evening, due_at: "2020-03-06T20:00:00+08:00", symptoms: [] },
  needs_open,
});

test("a clock counts down to the second, and up once it is over", () => {
  expect(countdown("2020-03-06T08:34:59+08:00", NOW)).toEqual({ late: false, text: "4:59" });
  expect(countdown("2020-03-06T09:32:03+08:00", NOW)).toEqual({ late: false, text: "1:02:03" });
  expect(countdown("2020-03-06T08:30:00+08:00", NOW)).toEqual({ late: false, text: "0:00" });
  expect(countdown("2020-03-06T08:29:58+08:00", NOW)).toEqual({ late: true, text: "0:02" });
});

test("only the check of this part of the day is asked for", () => {
  expect(stateOf(person("missing", "not_asked"), "morning")).toBe("missing");
  expect(stateOf(person("late", "missing"), "evening")).toBe("missing");
  expect(stateOf(person("done", "not_asked"), "morning")).toBe("");
  expect(stateOf(person("late", "late"), null)).toBe("");
});

test("late comes before missing, missing before done, and an open need before none", () => {
  const order = [person("late", "not_asked"), person("missing", "not_asked", 1), person("missing", "not_asked"), person("done", "not_asked", 2)];
  const found = order.toReversed().toSorted((a, b) => urgency(b, "morning") - urgency(a, "morning"));
  expect(found).toEqual(order);
});
