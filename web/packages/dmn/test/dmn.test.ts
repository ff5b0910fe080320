// The exported rule tables, read by bpmn.io's DMN reader and decided by its FEEL engine: two
// implementations that know nothing of ours must come to the same decisions.
import { readFileSync } from "node:fs";
import { DmnModdle, type DecisionTable, type Definitions } from "dmn-moddle";
import { evaluate, unaryTest } from "feelin";
import { describe, expect, test } from "vitest";

type Values = Record<string, unknown>;
interface Decided {
  input: Values;
  /** Values of columns of the catalogue as expressions: JSON has no days and durations. */
  feel?: Record<string, string>;
  pass: Values;
  gate: Values;
}

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8");

const decisions = (name: string): Decided[] =>
  fixture(`${name}.jsonl`).trim().split("\n").map((line) => JSON.parse(line) as Decided);

async function model(name: string): Promise<Definitions> {
  const { rootElement, warnings } = await new DmnModdle().fromXML(fixture(`${name}.dmn`));
  expect(warnings).toEqual([]);
  return rootElement;
}

function table(definitions: Definitions, name: string): DecisionTable {
  const found = definitions.drgElement.find((element) => element.$type === "dmn:Decision" && element.name === name);
  expect(found).toBeDefined();
  return found!.decisionLogic;
}

/** The value of an expression of FEEL; anything it warns of is a fault of ours. */
function valueOf(expression: string, context: Values): unknown {
  const { value, warnings } = evaluate(expression, context);
  expect(warnings, expression).toEqual([]);
  return value;
}

/** Hit policy FIRST: the first rule whose entries all hold. */
function decide(of: DecisionTable, context: Values): Values {
  const inputs = of.input.map((input) => valueOf(input.inputExpression.text, context));
  const holds = (text: string, place: number) => unaryTest(text, { ...context, "?": inputs[place] }).value === true;
  const rule = of.rule.find((one) => one.inputEntry.every((entry, place) => holds(entry.text, place)));
  expect(rule).toBeDefined();
  return Object.fromEntries(of.output.map((output, place) => [output.name, valueOf(rule!.outputEntry[place]!.text, {})]));
}

describe.each(["rules", "forms", "catalogue"])("the model %s", (name) => {
  test("is read without a warning, and says what it is", async () => {
    const definitions = await model(name);
    for (const each of ["pass", "gate"]) {
      const read = table(definitions, each);
      expect(read.hitPolicy).toBe("FIRST");
      for (const rule of read.rule) {
        expect(rule.inputEntry).toHaveLength(read.input.length);
        expect(rule.outputEntry).toHaveLength(read.output.length);
      }
    }
    const ids = new Set(definitions.drgElement.map((element) => `#${element.id}`));
    const required = definitions.drgElement
      .flatMap((element) => element.informationRequirement ?? [])
      .map((requirement) => requirement.requiredInput?.href ?? requirement.requiredDecision?.href);
    expect(required.length).toBeGreaterThan(10);
    for (const href of required) expect(ids).toContain(href);
  });

  test("allows every word that decisions use, and no rule uses another", async () => {
    const definitions = await model(name);
    const allowed = new Map(
      definitions.itemDefinition.map((item) => [item.name, new Set(valueOf(`[${item.allowedValues.text}]`, {}) as string[])]),
    );
    for (const { input } of decisions(name)) {
      for (const [key, value] of Object.entries(input)) {
        if (key !== "temperature") expect(allowed.get(`t_${key}`), key).toContain(value);
      }
    }
  });

  test("decides as the server does", async () => {
    const definitions = await model(name);
    const [pass, gate] = [table(definitions, "pass"), table(definitions, "gate")];
    const all = decisions(name);
    expect(all.length).toBeGreaterThan(100);
    for (const wanted of all) {
      const named = Object.entries(wanted.feel ?? {}).map(([column, expression]) => [column, valueOf(expression, {})]);
      const input: Values = { ...wanted.input, ...Object.fromEntries(named) };
      const decided = decide(pass, input);
      expect(decided).toEqual(wanted.pass);
      expect(decide(gate, { ...input, pass: decided })).toEqual(wanted.gate);
    }
  });
});
