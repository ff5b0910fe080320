/**
 * A schematic map: every cell a hexagon, every region a patch of hexagons that touch.
 *
 * No freely licensed outlines of subdistricts exist, and an honest schematic is easier to read: a
 * small community is as visible as a large one. Regions grow by turns around their place, the
 * nearest free hexagon first, so that the same tree always gives the same picture.
 */

export interface Region {
  code: string;
  /** Codes of the cells; a region without any gets one cell of its own. */
  cells: string[];
}

export interface Cell {
  code: string;
  region: string;
  /** Axial coordinates, pointed tops. */
  q: number;
  r: number;
}

export interface Point {
  x: number;
  y: number;
}

const NEIGHBOURS = [
  [1, 0],
  [0, 1],
  [-1, 1],
  [-1, 0],
  [0, -1],
  [1, -1],
] as const;
const ROOT3 = Math.sqrt(3);
/** How much regions lean to the middle, which closes the gaps between them. */
const PULL = 0.6;
/** Screens are wider than high, so the map spreads sideways. */
const WIDER = 1.3;

/** Centre of a cell when the hexagon's side is 1. */
export const centreOf = ({ q, r }: Pick<Cell, "q" | "r">): Point => ({ x: ROOT3 * (q + r / 2), y: 1.5 * r });

/** Corners of the hexagon of side `size` about a point, from the upper right clockwise. */
export function corners({ x, y }: Point, size = 1): Point[] {
  return [-1, 1, 3, 5, 7, 9].map((sixth) => ({
    x: x + size * Math.cos((sixth * Math.PI) / 6),
    y: y + size * Math.sin((sixth * Math.PI) / 6),
  }));
}

/** Where districts lie to each other, where we know it; a ring otherwise. */
function seedOf(index: number, count: number, known: Point | undefined, spread: number): Point {
  if (known) return { x: known.x * spread * WIDER, y: (known.y * spread) / WIDER };
  const turn = (2 * Math.PI * index) / count - Math.PI / 2;
  return { x: Math.cos(turn) * spread * WIDER, y: (Math.sin(turn) * spread) / WIDER };
}

const key = (q: number, r: number): string => `${q},${r}`;
const away = (a: Point, b: Point): number => Math.hypot((a.x - b.x) / WIDER, (a.y - b.y) * WIDER);

/** Free hexagons next to a region's own. */
function frontier(own: Cell[], taken: Map<string, Cell>): Pick<Cell, "q" | "r">[] {
  const found = new Map<string, Pick<Cell, "q" | "r">>();
  for (const { q, r } of own)
    for (const [dq, dr] of NEIGHBOURS)
      if (!taken.has(key(q + dq, r + dr))) found.set(key(q + dq, r + dr), { q: q + dq, r: r + dr });
  return [...found.values()];
}

/** The free hexagon nearest to a point. */
function nearestFree(to: Point, taken: Map<string, Cell>): Pick<Cell, "q" | "r"> {
  const r0 = Math.round(to.y / 1.5);
  const q0 = Math.round(to.x / ROOT3 - r0 / 2);
  for (let ring = 0; ; ring++) {
    let best: Pick<Cell, "q" | "r"> | null = null;
    for (let r = r0 - ring; r <= r0 + ring; r++)
      for (let q = q0 - ring; q <= q0 + ring; q++) {
        if (taken.has(key(q, r))) continue;
        if (!best || away(centreOf({ q, r }), to) < away(centreOf(best), to)) best = { q, r };
      }
    if (best) return best;
  }
}

/** Lays regions out. `places` holds the rough position of regions that are known. */
export function layOut(regions: Region[], places: Record<string, Point> = {}): Cell[] {
  const wanted = regions.map((region) => (region.cells.length > 0 ? region.cells : [region.code]));
  const total = wanted.reduce((sum, cells) => sum + cells.length, 0);
  // Regions of one cell each pack around the middle; larger ones need room to grow.
  const spread = total > regions.length ? Math.sqrt(total) * 0.7 : 0;
  const seeds = regions.map((region, i) => seedOf(i, regions.length, places[region.code], spread));
  const taken = new Map<string, Cell>();
  const own: Cell[][] = regions.map(() => []);
  for (let turn = 0; turn < Math.max(0, ...wanted.map((cells) => cells.length)); turn++) {
    regions.forEach((region, i) => {
      const code = wanted[i]?.[turn];
      const mine = own[i];
      const seed = seeds[i];
      if (code === undefined || !mine || !seed) return;
      const free = mine.length === 0 ? [nearestFree(seed, taken)] : frontier(mine, taken);
      const cost = (at: Pick<Cell, "q" | "r">): number =>
        away(centreOf(at), seed) + PULL * away(centreOf(at), { x: 0, y: 0 });
      const [first, ...others] = free;
      if (!first) return;
      const spot = others.reduce((best, at) => (cost(at) < cost(best) ? at : best), first);
      const cell = { ...spot, code, region: region.code };
      taken.set(key(cell.q, cell.r), cell);
      mine.push(cell);
    });
  }
  return own.flat();
}

/** Path along the outer edges of a region, so that it can be drawn as one shape. */
export function outline(cells: Cell[], region: string): string {
  const mine = new Set(cells.filter((cell) => cell.region === region).map((cell) => key(cell.q, cell.r)));
  let d = "";
  for (const cell of cells) {
    if (cell.region !== region) continue;
    const points = corners(centreOf(cell));
    NEIGHBOURS.forEach(([dq, dr], side) => {
      if (mine.has(key(cell.q + dq, cell.r + dr))) return;
      const from = points[side];
      const to = points[(side + 1) % 6];
      if (from && to) d += `M${from.x.toFixed(3)} ${from.y.toFixed(3)}L${to.x.toFixed(3)} ${to.y.toFixed(3)}`;
    });
  }
  return d;
}

/** The box around all cells, with a margin. */
export function viewBox(cells: Cell[], margin = 0.4): { x: number; y: number; width: number; height: number } {
  const points = cells.flatMap((cell) => corners(centreOf(cell)));
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  const x = Math.min(...xs) - margin;
  const y = Math.min(...ys) - margin;
  return { x, y, width: Math.max(...xs) - x + margin, height: Math.max(...ys) - y + margin };
}

/** A name on as few lines of at most `length_max` characters as it takes, evenly filled. */
export function nameLines(name: string, length_max: number): string[] {
  const words = /\s/.test(name) ? name.split(/(?<=\s)/) : [...name];
  const length = Math.ceil(name.length / Math.ceil(name.length / length_max));
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line === undefined || (line + word).trimEnd().length > length) lines.push(word);
    else lines[lines.length - 1] = line + word;
  }
  return lines.map((line) => line.trim());
}

/** Where a region's name goes: on its cell nearest to the middle. */
export function middleOf(cells: Cell[], region: string): Point {
  const centres = cells.filter((cell) => cell.region === region).map(centreOf);
  const mean = {
    x: centres.reduce((sum, { x }) => sum + x, 0) / centres.length,
    y: centres.reduce((sum, { y }) => sum + y, 0) / centres.length,
  };
  return centres.toSorted((a, b) => away(a, mean) - away(b, mean))[0] ?? mean;
}
