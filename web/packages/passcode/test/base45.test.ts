/** Base45: the examples of the standard, and texts that no encoder makes. */
import { describe, expect, it } from "vitest";
import { decodeBase45, encodeBase45 } from "../src/base45";

describe("base45", () => {
  it.each([
    ["AB", "BB8"],
    ["Hello!!", "%69 VD92EX0"],
    ["base-45", "UJCLQE7W581"],
    ["ietf!", "QED8WEX0"],
    ["", ""],
  ])("%j is %j", (plain, text) => {
    const bytes = new TextEncoder().encode(plain);
    expect(encodeBase45(bytes)).toBe(text);
    expect(decodeBase45(text)).toEqual(bytes);
  });

  it.each(["BB80", "bb8", "GGW", "V5", "ÿB8", "区B8", "B"])("%j is no base45", (text) => {
    expect(decodeBase45(text)).toBeUndefined();
  });

  it("gives back every pair of bytes", () => {
    for (let value = 0; value < 65_536; value++) {
      const bytes = Uint8Array.of(value >> 8, value & 255);
      const back = decodeBase45(encodeBase45(bytes));
      if (back?.[0] !== bytes[0] || back?.[1] !== bytes[1]) expect.fail(`${value}`);
    }
  });
});
