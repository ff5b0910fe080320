/** The task itself: SHA-256 over `challenge.count`, tried from zero on. */
import { sha256 } from "@noble/hashes/sha2.js";

/** Zero bits at the beginning; four bytes are more than any task asks for. */
function leadingZeros(digest: Uint8Array): number {
  return Math.clz32(new DataView(digest.buffer, digest.byteOffset).getUint32(0));
}

/** The smallest count that solves the task, in decimal. */
export function firstSolution(challenge: string, bits: number): string {
  const head = sha256.create().update(new TextEncoder().encode(`${challenge}.`));
  const text = new TextEncoder();
  for (let count = 0; ; count++) {
    const digest = head.clone().update(text.encode(String(count))).digest();
    if (leadingZeros(digest) >= bits) return String(count);
  }
}
