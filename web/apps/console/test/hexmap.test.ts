import { expect, test } from "vitest";
import { type Cell, layOut, middleOf, nameLines, outline, type Region } from "../src/hexmap";
import places from "../src/places.json";

const region = (code: string, count: number): Region => ({
  code,
  cells: Array.from({ length: count }, (_, i) => `${code}${String(i + 1).padStart(3, "0")}`),
});
const pingshan = [5, 4, 3, 4, 4, 4].map((count, i) => region(`44031000${i + 1}`, count)).concat(region("440310401", 1));

function reached(cells: Cell[]): number {
  const [first] = cells;
  const queue = first ? [first] : [];
  const seen = new Set(queue);
  for (const cell of queue)
    for (const other of cells) {
      const dq = other.q - cell.q;
      const dr = other.r - cell.r;
      const touches = Math.max(Math.abs(dq), Math.abs(dr), Math.abs(dq + dr)) === 1;
      if (touches && !seen.has(other)) {
        seen.add(other);
        queue.push(other);
      }
    }
  return seen.size;
}

test.each([
  ["the real district", pingshan, places],
  ["a district nobody has placed", Array.from({ length: 10 }, (_, i) => region(`44030${i}`, 3 + i * 4)), {}],
  ["one region alone", [region("440310001", 7)], {}],
])("%s: every cell once, no two on one spot, each region in one piece", (_, regions, known) => {
  const cells = layOut(regions, known);
  expect(cells.map((cell) => cell.code).toSorted()).toEqual(regions.flatMap((one) => one.cells).toSorted());
  expect(new Set(cells.map(({ q, r }) => `${q},${r}`)).size).toBe(cells.length);
  for (const { code } of regions) {
    const own = cells.filter((cell) => cell.region === code);
    expect(reached(own), code).toBe(own.length);
  }
  expect(layOut(regions, known)).toEqual(cells);
});

test("regions without cells stand for themselves; no regions, no map", () => {
  const cells = layOut([{ code: "a", cells: [] }, { code: "b", cells: [] }]);
  expect(cells.map(({ code, region: of }) => [code, of])).toEqual([
    ["a", "a"],
    ["b", "b"],
  ]);
  expect(layOut([])).toEqual([]);
});

test("an outline has the edges that no cell of its own shares", () => {
  const edges = (count: number): number => {
    const cells = layOut([region("x", count)]);
    return outline(cells, "x").split("M").length - 1;
  };
  expect(edges(1)).toBe(6);
  expect(edges(2)).toBe(10);
  expect(edges(3)).toBe(12);
});

test("a name stands on one of its region's cells", () => {
  const cells = layOut(pingshan, places);
  const middle = middleOf(cells, "440310001");
  expect(Number.isFinite(middle.x) && Number.isFinite(middle.y)).toBe(true);
});

test("long names break evenly, English ones between words", () => {
  expect(nameLines("坪山街道", 6)).toEqual(["坪山街道"]);
  expect(nameLines("深圳坪山综合保税区", 4)).toEqual(["深圳坪", "山综合", "保税区"]);
  expect(nameLines("Pingshan Subdistrict", 12)).toEqual(["Pingshan", "Subdistrict"]);
});
