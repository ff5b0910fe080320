import type { TableRow } from "@gridpass/api";
import { afterEach, expect, test } from "vitest";
import { answerFor, answerOf, RELATIONS, useTable } from "../src/table";

afterEach(() => useTable(null));

const row = (more: Partial<TableRow>): TableRow => ({
  colour: "green",
  direction: "in",
  relation: "lives_here",
  fever: false,
  action: "pass",
  gate_reason: "green",
  checks: [],
  ...more,
});

test("without a table the colours mean what they say, and a fever stops", () => {
  expect(answerOf({ colour: "green", direction: "in" })?.action).toBe("pass");
  expect(answerOf({ colour: "yellow", direction: "in" })?.action).toBe("check");
  expect(answerOf({ colour: "red", direction: "out" })?.action).toBe("stop");
  expect(answerOf({ colour: "green", direction: "in", temperature: 37.3 })?.gate_reason).toBe("fever");
  expect(answerOf({ colour: "green", direction: "in", temperature: 37.2 })?.action).toBe("pass");
});

test("where it depends on the relation, the guard is asked and the table answers", () => {
  const visitor = row({ relation: "visitor", action: "check", gate_reason: "visitor", checks: ["host_consent"] });
  useTable({
    rule_set_version: 3,
    rows: [...RELATIONS.slice(0, 2).map((relation) => row({ relation })), visitor],
  });
  const situation = { colour: "green", direction: "in" } as const;
  expect(answerOf(situation)).toBeNull();
  expect(answerFor(situation, "works_here").action).toBe("pass");
  expect(answerFor(situation, "visitor").checks).toEqual(["host_consent"]);
});
