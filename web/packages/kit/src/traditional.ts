/**
 * What the server says to a holder, in Traditional Chinese.
 *
 * The server writes Simplified Chinese and English. Its fixed sentences are looked up whole; those
 * with a time, a unit or a reason in them are known by their shape, and what stands in the places is
 * looked up in turn. Names of units, and what people typed, have no other form and stay.
 */
import said from "./said.zh-Hant.json";
import sentences from "./sentences.zh-Hant.json";
import { fill } from "./words";

const whole = new Map(Object.entries({ ...said, ...sentences }));

/** A sentence with places as a pattern; a place that comes twice holds the same both times. */
function shapeOf(sentence: string): RegExp {
  const named = new Set<string>();
  const pattern = sentence.replace(/[()?.*+[\]|^$\\]/g, "\\$&").replace(/\{(\w+)\}/g, (_, name: string) => {
    if (named.has(name)) return `\\k<${name}>`;
    named.add(name);
    return `(?<${name}>.*?)`;
  });
  return new RegExp(`^${pattern}$`, "su");
}

// The plainest shapes would fit nearly everything, so the longest sentence comes first.
const shapes = Object.entries(sentences)
  .filter(([zh]) => zh.includes("{"))
  .sort(([one], [other]) => other.length - one.length)
  .map(([zh, hant]) => ({ shape: shapeOf(zh), hant }));

/** The Traditional form; a sentence that has none stays as it came. */
export function inTraditional(zh: string): string {
  const found = whole.get(zh);
  if (found !== undefined) return found;
  for (const { shape, hant } of shapes) {
    const places = shape.exec(zh)?.groups;
    if (places) return fill(hant, Object.fromEntries(Object.entries(places).map(([name, value]) => [name, part(value)])));
  }
  return zh;
}

/** What stands in a place: a sentence of its own keeps its full stop. */
function part(value: string): string {
  if (!value.endsWith("。")) return value ? inTraditional(value) : "";
  const whole_value = inTraditional(value);
  return whole_value === value ? `${inTraditional(value.slice(0, -1))}。` : whole_value;
}
