/** SM2 and SM3 against the examples of the standards. */
import { describe, expect, it } from "vitest";
import type { Bytes } from "../src/bytes";
import { assertKey, isSigned, sm3 } from "../src/guomi";

const bytesOf = (text: string): Bytes => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const text = (words: string): Bytes => Uint8Array.from(Buffer.from(words));

describe("SM3", () => {
  it.each([
    // GB/T 32905-2016, annex A.
    ["abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"],
    ["abcd".repeat(16), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"],
    // Around the ends of blocks, by OpenSSL: printf 'a%.0s' {1..N} | openssl dgst -sm3
    ["a".repeat(55), "288337eef51eec62e7544d7270424c8dbe656254c99852870a73b2453a6a7fb1"],
    ["a".repeat(56), "ba00ebedaab54065a5fd4f9f56326016203166bcee3eed44ea868d59d67aa3c8"],
    ["a".repeat(63), "587308543551881ebd70d27ad358ff5dcdf24ac54822e2f7b7c3edce0985d21b"],
    ["a".repeat(64), "616ec433c359e7c2b19f360e2b8f2a1b6e9ed76b8dc1a7d207b31a5341c611e9"],
    ["a".repeat(119), "53282a90724e9eb79b18d06b5b8f7f02d046e18b29247dcdb064a136d5c4459a"],
    ["a".repeat(120), "4c9f0fe9f36ffe0191af73560c4afb1b671be02ba2d0e0c161b1e03488c2a45c"],
  ])("of %s", (message, digest) => {
    expect(hexOf(sm3(text(message)))).toBe(digest);
  });
});

// GM/T 0003.5-2012, annex A, which is GB/T 32918.5-2017, annex A.
const PUBLIC = bytesOf(
  "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020" +
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13",
);
const R = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3";
const S = "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";
const ORDER = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";
const LAST = `${ORDER.slice(0, -1)}2`;
const ZERO = "0".repeat(64);
const ONE = `${"0".repeat(63)}1`;

describe("SM2", () => {
  it("accepts the signature of the standard and no other", () => {
    const signature = bytesOf(R + S);
    expect(isSigned(PUBLIC, text("message digest"), signature)).toBe(true);
    expect(isSigned(PUBLIC, text("message digesu"), signature)).toBe(false);
    for (let at = 0; at < signature.length; at += 3) {
      const altered = signature.slice();
      altered[at]! ^= 1;
      expect(isSigned(PUBLIC, text("message digest"), altered), `byte ${at}`).toBe(false);
    }
  });

  it.each([
    ["r of nought", ZERO + S],
    ["s of nought", R + ZERO],
    ["r of the order", ORDER + S],
    ["s of the order", R + ORDER],
    ["r and s that add up to the order", LAST + ONE],
  ])("refuses %s", (_, signature) => {
    expect(isSigned(PUBLIC, text("message digest"), bytesOf(signature))).toBe(false);
  });

  it("takes a point of the curve for a key, in one form only", () => {
    expect(() => assertKey(PUBLIC)).not.toThrow();
    const beside = PUBLIC.slice();
    beside[64]! ^= 1;
    expect(() => assertKey(beside)).toThrow();
    expect(() => assertKey(Uint8Array.from([4, ...new Uint8Array(64)]))).toThrow();
  });
});
