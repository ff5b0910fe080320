/**
 * The signatures of suite `guomi`, checked: SM2 (GB/T 32918.2) over SM3 (GB/T 32905). Loaded only
 * where an issuer publishes such a key; no browser has either.
 *
 * Everything here is public, so nothing needs to take the same time always.
 */
import { weierstrass } from "@noble/curves/abstract/weierstrass.js";
import type { Bytes } from "./bytes";

/** The recommended curve (GB/T 32918.5). */
const CURVE = {
  p: 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn,
  n: 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n,
  h: 1n,
  a: 0xfffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffcn,
  b: 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n,
  Gx: 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n,
  Gy: 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n,
};
const Point = weierstrass(CURVE);

/** Who signs, where nothing else is agreed on (GM/T 0009, §10); its length in bits before it. */
const SIGNER = [0, 128, ...new TextEncoder().encode("1234567812345678")];

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${hexOf(bytes)}`);
const bytesOf = (number: bigint): number[] =>
  (number.toString(16).padStart(64, "0").match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));

const left = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

const START = [
  0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
];

/** The 68 words that a block is spread to. */
function spread(block: DataView, at: number): Int32Array {
  const words = new Int32Array(68);
  for (let j = 0; j < 16; j++) words[j] = block.getInt32(at + 4 * j);
  for (let j = 16; j < 68; j++) {
    const x = words[j - 16]! ^ words[j - 9]! ^ left(words[j - 3]!, 15);
    words[j] = x ^ left(x, 15) ^ left(x, 23) ^ left(words[j - 13]!, 7) ^ words[j - 6]!;
  }
  return words;
}

/** What a block makes of the state (GB/T 32905, §5.3.3). */
function compress(state: Int32Array, words: Int32Array): void {
  let [a, b, c, d, e, f, g, h] = Array.from(state) as [number, number, number, number, number, number, number, number];
  for (let j = 0; j < 64; j++) {
    const early = j < 16;
    const constant = early ? 0x79cc4519 : 0x7a879d8a;
    const ss1 = left((left(a, 12) + e + left(constant, j % 32)) | 0, 7);
    const ff = early ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
    const gg = early ? e ^ f ^ g : (e & f) | (~e & g);
    const tt1 = (ff + d + (ss1 ^ left(a, 12)) + (words[j]! ^ words[j + 4]!)) | 0;
    const tt2 = (gg + h + ss1 + words[j]!) | 0;
    [d, c, b, a] = [c, left(b, 9), a, tt1];
    [h, g, f, e] = [g, left(f, 19), e, tt2 ^ left(tt2, 9) ^ left(tt2, 17)];
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => (state[index]! ^= word));
}

/** SM3 of some bytes, of which there are less than 2^29: 32 bytes. */
export function sm3(message: Uint8Array): Bytes {
  const padded = new Uint8Array(((message.length + 72) >> 6) << 6);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 4, message.length * 8);
  const state = Int32Array.from(START);
  for (let at = 0; at < padded.length; at += 64) compress(state, spread(view, at));
  const digest = new Uint8Array(32);
  const out = new DataView(digest.buffer);
  state.forEach((word, index) => out.setInt32(4 * index, word));
  return digest;
}

/** Throws unless these bytes, `04`, x and y, are a public key: a point of the curve. */
export function assertKey(publicKey: Bytes): void {
  Point.fromBytes(publicKey).assertValidity();
}

/** Whether the owner of a public key (`04`, x and y) signed a message. */
export function isSigned(publicKey: Bytes, message: Bytes, signature: Bytes): boolean {
  const [r, s] = [numberOf(signature.subarray(0, 32)), numberOf(signature.subarray(32))];
  const t = (r + s) % CURVE.n;
  if (r === 0n || s === 0n || t === 0n || r >= CURVE.n || s >= CURVE.n) return false;
  const parameters = [CURVE.a, CURVE.b, CURVE.Gx, CURVE.Gy].flatMap(bytesOf);
  const identity = sm3(Uint8Array.from([...SIGNER, ...parameters, ...publicKey.subarray(1)]));
  const e = numberOf(sm3(Uint8Array.from([...identity, ...message])));
  const point = Point.BASE.multiplyUnsafe(s).add(Point.fromBytes(publicKey).multiplyUnsafe(t));
  return !point.is0() && (e + point.toAffine().x) % CURVE.n === r;
}
