/** The phone's solution is one the server would take. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { firstSolution } from "../src/hash-work";

const zeroBits = (challenge: string, solution: string): number =>
  Math.clz32(createHash("sha256").update(`${challenge}.${solution}`).digest().readUInt32BE());

test.each(["AAABcL3k_x", "另一个"])("the first count that solves %s", (challenge) => {
  const solution = firstSolution(challenge, 10);
  expect(zeroBits(challenge, solution)).toBeGreaterThanOrEqual(10);
  for (let count = 0; count < Number(solution); count++)
    expect(zeroBits(challenge, String(count))).toBeLessThan(10);
});
