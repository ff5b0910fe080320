import { expect, test } from "vitest";
import { type ColourSnapshot, colourOf, isRevoked, readSnapshot, writeSnapshot } from "../src/colours";

/** An answer as the server makes it. */
function answer(kind: 0 | 1, numbers: number[], middle: number[], revocations: number[][] = []): Uint8Array<ArrayBuffer> {
  const [version, since, as_of_ms, serials, changes] = numbers as [number, number, number, number, number];
  const bytes = new Uint8Array(44 + middle.length + revocations.length * 12);
  const view = new DataView(bytes.buffer);
  bytes.set([0x47, 0x50, 0x53, 0x31, kind]);
  [version, since, as_of_ms].forEach((number, i) => view.setBigUint64(8 + 8 * i, BigInt(number), true));
  [serials, changes, revocations.length].forEach((number, i) => view.setUint32(32 + 4 * i, number, true));
  bytes.set(middle, 44);
  revocations.flat().forEach((number, i) => view.setUint32(44 + middle.length + 4 * i, number, true));
  return bytes;
}

// Serials 0 to 6: green, nobody, nobody, nobody, nobody, yellow, red.
const FULL = answer(0, [1_583_452_800_000, 0, 1_583_452_800_000, 7, 0], [0b11111100, 0b11100111], [[6, 100, 200]]);

const all = (snapshot: ColourSnapshot): (string | null)[] =>
  Array.from({ length: 10 }, (_, serial) => colourOf(snapshot, serial));

test("two bits a serial, and nobody in between", () => {
  const snapshot = readSnapshot(FULL, null);
  expect(all(snapshot)).toEqual(["green", null, null, null, null, "yellow", "red", null, null, null]);
  expect(colourOf(snapshot, -1)).toBeNull();
  expect(snapshot.as_of_ms).toBe(1_583_452_800_000);
});

test("changes go on top of the version they start from, and new serials grow it", () => {
  const held = readSnapshot(FULL, null);
  const change = (serial: number, code: number): number[] => [(serial << 2) | code, 0, 0, 0];
  const bytes = answer(1, [held.version + 1, held.version, held.as_of_ms + 5, 10, 2], [...change(0, 2), ...change(9, 0)], [[3, 7, 7]]);
  const newer = readSnapshot(bytes, held);
  expect(all(newer)).toEqual(["red", null, null, null, null, "yellow", "red", null, null, "green"]);
  expect(newer.revoked.size).toBe(2);
  expect(all(held)[0]).toBe("green");
  expect(() => readSnapshot(bytes, null)).toThrow();
  expect(() => readSnapshot(bytes, newer)).toThrow();
});

test("a version never goes back, and damage is noticed", () => {
  const held = { ...readSnapshot(FULL, null), version: 1_583_452_800_001 };
  expect(() => readSnapshot(FULL, held)).toThrow("older");
  expect(() => readSnapshot(FULL.slice(0, -1), null)).toThrow("cut off");
  expect(() => readSnapshot(FULL.slice(0, 20), null)).toThrow();
});

test("a pass issued before its withdrawal does not count", () => {
  const snapshot = readSnapshot(FULL, null);
  expect(isRevoked(snapshot, { serial: 6, form: "phone", issued_at: 99 })).toBe(true);
  expect(isRevoked(snapshot, { serial: 6, form: "phone", issued_at: 100 })).toBe(false);
  expect(isRevoked(snapshot, { serial: 6, form: "paper", issued_at: 199 })).toBe(true);
  expect(isRevoked(snapshot, { serial: 5, form: "phone", issued_at: 0 })).toBe(false);
});

test("what is kept is read back the same; half a million people fit 138 kB", () => {
  const snapshot = readSnapshot(FULL, null);
  expect(readSnapshot(writeSnapshot(snapshot), null)).toEqual(snapshot);
  const many = { ...snapshot, serials: 550_000, colours: new Uint8Array(137_500), revoked: new Map() };
  expect(writeSnapshot(many).length).toBe(137_544);
});
