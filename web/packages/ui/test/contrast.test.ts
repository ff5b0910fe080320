/** Every pair of ink and ground that the apps use reads well: WCAG AA, 4.5 to 1. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const css = readFileSync(new URL("../src/tokens.css", import.meta.url), "utf8");

function tokens(selector: string): Record<string, string> {
  const body = css.split(`${selector} {`)[1]?.split("}")[0] ?? "";
  return Object.fromEntries([...body.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((m) => [m[1] ?? "", m[2] ?? ""]));
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => {
    const channel = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const light = tokens(":root");
const dark = { ...light, ...tokens(".dark") };
const pairs: [string, string][] = [
  ["green-ink", "green"],
  ["yellow-ink", "yellow"],
  ["red-ink", "red"],
  ["green-deep", "green-soft"],
  ["yellow-deep", "yellow-soft"],
  ["red-deep", "red-soft"],
  ["red-deep", "card"],
  ["ink", "page"],
  ["ink", "card"],
  ["ink", "green-soft"],
  ["ink", "yellow-soft"],
  ["ink", "red-soft"],
  ["muted", "page"],
  ["muted", "card"],
  ["accent", "page"],
  ["accent", "card"],
  ["accent-ink", "accent"],
];

test.each(pairs)("%s on %s, light", (ink, ground) => {
  expect(contrast(light[ink] ?? "", light[ground] ?? "")).toBeGreaterThanOrEqual(4.5);
});

test.each(pairs.filter(([ink, ground]) => !`${ink}${ground}`.match(/soft|deep/)))("%s on %s, dark", (ink, ground) => {
  expect(contrast(dark[ink] ?? "", dark[ground] ?? "")).toBeGreaterThanOrEqual(4.5);
});

test.each([
  ["light", light],
  ["dark", dark],
])("a field's edge is visible, %s", (_, theme) => {
  expect(contrast(theme["field-line"] ?? "", theme["card"] ?? "")).toBeGreaterThanOrEqual(3);
});
