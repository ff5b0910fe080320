/**
 * A QR code as one SVG path: black on white, level M, in the densest mode the text allows.
 *
 * A presentation is capital letters and digits (base45), which QR packs at 5.5 bits a character.
 */
import { correction, generate } from "lean-qr";

export interface QrPath {
  /** Modules on a side, without the quiet zone. */
  size: number;
  /** Path data, one unit a module. */
  d: string;
}

/** Draws runs of dark modules row by row. */
export function qrPath(text: string): QrPath {
  const code = generate(text, { minCorrectionLevel: correction.M });
  let d = "";
  for (let y = 0; y < code.size; y++) {
    for (let x = 0; x < code.size; x++) {
      const start = x;
      while (x < code.size && code.get(x, y)) x++;
      if (x > start) d += `M${start} ${y}h${x - start}v1H${start}Z`;
    }
  }
  return { size: code.size, d };
}
