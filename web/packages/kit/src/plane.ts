/** Geography on a screen: degrees laid flat in metres, outlines as SVG paths. Pure. */

export type Position = [number, number];

/** What an SVG shows: left, top, width and height, in metres. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const METRES_PER_DEGREE = 111_320;
/** A single building is not blown up beyond this. */
const BOX_METRES_MIN = 120;
const MARGIN = 0.08;

/** A flat plane around the middle of these places: exact to centimetres over a community. */
export function planeOf(positions: Position[]): (position: Position) => Position {
  const middle = (axis: 0 | 1): number => {
    const values = positions.map((one) => one[axis]);
    return (values.reduce((a, b) => Math.min(a, b), Infinity) + values.reduce((a, b) => Math.max(a, b), -Infinity)) / 2;
  };
  const [longitude, latitude] = [middle(0), middle(1)];
  const narrow = Math.cos((latitude * Math.PI) / 180);
  const round = (metres: number): number => Math.round(metres * 10) / 10;
  // North is up, and a screen counts downwards.
  return ([east, north]) => [
    round((east - longitude) * narrow * METRES_PER_DEGREE),
    round((latitude - north) * METRES_PER_DEGREE),
  ];
}

/** Closed rings as one path; a ring inside another is a hole. */
export const pathOf = (rings: Position[][]): string => rings.map((ring) => `M${ring.slice(0, -1).map((at) => at.join(" ")).join("L")}Z`).join("");

/** The middle of a ring by its area; of a line without area, of its corners. */
export function middleOf(ring: Position[]): Position {
  let [area, x, y] = [0, 0, 0];
  for (let i = 0; i + 1 < ring.length; i++) {
    const [[x0, y0], [x1, y1]] = [ring[i]!, ring[i + 1]!];
    const cross = x0 * y1 - x1 * y0;
    area += cross;
    x += (x0 + x1) * cross;
    y += (y0 + y1) * cross;
  }
  if (Math.abs(area) > 1e-6) return [x / (3 * area), y / (3 * area)];
  const corners = ring.slice(0, -1);
  const mean = (axis: 0 | 1): number => corners.reduce((sum, at) => sum + at[axis], 0) / Math.max(1, corners.length);
  return [mean(0), mean(1)];
}

/** The box around these places, with a margin. */
export function boxOf(positions: Position[]): Box {
  const low = (axis: 0 | 1): number => positions.reduce((least, at) => Math.min(least, at[axis]), Infinity);
  const high = (axis: 0 | 1): number => positions.reduce((most, at) => Math.max(most, at[axis]), -Infinity);
  const [left, top] = [low(0), low(1)];
  const width = Math.max(high(0) - left, BOX_METRES_MIN);
  const height = Math.max(high(1) - top, BOX_METRES_MIN);
  const margin = Math.max(width, height) * MARGIN;
  // What is smaller than the least box stands in its middle.
  const x = left - (width - (high(0) - left)) / 2 - margin;
  const y = top - (height - (high(1) - top)) / 2 - margin;
  return { x, y, width: width + 2 * margin, height: height + 2 * margin };
}

/** How much room a ring takes. */
export const extentOf = (ring: Position[]): number => {
  const { width, height } = boxOf(ring);
  return width * height;
};
