/** Cases as they are kept beside a version: one JSON object a line. */

export interface Expected {
  colour: string;
  reason: string;
  rule: string;
  action: string;
  gate_rule: string;
}

export const EXPECTED: (keyof Expected)[] = ["colour", "reason", "rule", "action", "gate_rule"];

export interface CaseLine {
  /** Line in the text, from 1, as the server counts. */
  line: number;
  text: string;
  /** Its name; empty for a line that is no case. */
  id: string;
  expect: Expected | null;
}

interface Read {
  id?: unknown;
  expect?: Partial<Record<keyof Expected, unknown>>;
}

/** A line as an object, or null when it is none. */
export function readObject(text: string): Record<string, unknown> | null {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === "object" && read !== null && !Array.isArray(read) ? (read as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function readCase(text: string, line: number): CaseLine {
  const read = readObject(text) as Read | null;
  const expect = read?.expect;
  const whole = expect && EXPECTED.every((name) => typeof expect[name] === "string");
  return { line, text, id: typeof read?.id === "string" ? read.id : "", expect: whole ? (expect as Expected) : null };
}

/** Lines that hold something, with their numbers. */
export const readCases = (text: string): CaseLine[] =>
  text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .map((line, at) => ({ text: line.trim(), line: at + 1 }))
    .filter((one) => one.text !== "")
    .map((one) => readCase(one.text, one.line));

export const writeCases = (lines: readonly { text: string }[]): string => lines.map((one) => one.text).join("\n");

/** Puts lines in: one of a name that is there takes its place, others come last. */
export function mergeCases(cases: readonly CaseLine[], more: readonly CaseLine[]): string {
  const merged: { text: string; id: string }[] = [...cases];
  for (const one of more) {
    const at = one.id === "" ? -1 : merged.findIndex((old) => old.id === one.id);
    if (at >= 0) merged[at] = one;
    else merged.push(one);
  }
  return writeCases(merged);
}

/** A case as people edit it: spread over lines, each fact on its own. */
export function spread(text: string): string {
  const read = readObject(text);
  if (!read) return text;
  const parts = Object.entries(read).map(([name, value]) => {
    const inner =
      Array.isArray(value) && value.length > 0
        ? `[\n${value.map((one) => `    ${JSON.stringify(one)}`).join(",\n")}\n  ]`
        : JSON.stringify(value);
    return `  ${JSON.stringify(name)}: ${inner}`;
  });
  return `{\n${parts.join(",\n")}\n}`;
}

/** A case on one line again; null when it is none. */
export function gather(text: string): string | null {
  const read = readObject(text);
  return read && JSON.stringify(read);
}

/** What somebody begins with who writes a case: a verified resident at home, at a time of the server. */
export const newCase = (id: string, now: string): string =>
  JSON.stringify({
    id,
    now,
    facts: [{ id: 1, kind: "residence", status: "verified", enclosure: "E1", recorded_at: now }],
    gate: { enclosure: "E1", employer: null, area: "normal" },
    scan: { direction: "in", temperature: 36.5 },
    expect: { colour: "green", reason: "verified_resident", rule: "A11", action: "pass", gate_rule: "B6" },
  });
