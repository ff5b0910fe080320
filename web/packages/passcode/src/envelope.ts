/** The envelope and the credential, taken apart as `FORMAT.md` describes them. */
import { byteString, type Bytes, COSE_SIGN1, PROTECTED } from "./bytes";
import { Cursor, ShapeError } from "./cursor";

/** Colours and forms, in the order of their codes. */
export const COLOURS = ["green", "yellow", "red"] as const;
export const FORMS = ["phone", "paper", "specimen"] as const;

const UINT32_MAX = 2 ** 32 - 1;
const SERIAL_MAX = 2 ** 31 - 1;

/** The suites, by their numbers, and the issuer's algorithm as COSE writes it. */
export type Suite = 1 | 2;
const ALGORITHMS: Record<Suite, readonly number[]> = { 1: [0x27], 2: [0x3a, 0, 1, 0, 0] };

/** What a credential says. */
export interface Claims {
  suite: Suite;
  /** Id of the issuer's key, in hex. */
  keyId: string;
  issuedAt_s: number;
  expiresAt_s: number;
  /** The phone's public key: exactly on a phone. */
  holderKey: Bytes | undefined;
  serial: number;
  personId: number;
  colour: (typeof COLOURS)[number];
  form: (typeof FORMS)[number];
  /** The parts the issuer signed, and its signature. */
  header: Bytes;
  payload: Bytes;
  signature: Bytes;
}

/** The phone's proof that it shows the pass now. */
export interface Proof {
  time_s: number;
  signature: Bytes;
}

/** A pass as it was shown; nothing is verified but the shape. */
export interface Envelope {
  credential: Bytes;
  claims: Claims;
  proof: Proof | undefined;
}

/** The bytes name a suite this verifier does not know. */
export class SuiteError extends Error {}

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Takes an envelope apart. Throws a `ShapeError` or a `SuiteError`. */
export function parseEnvelope(bytes: Bytes): Envelope {
  const walk = new Cursor(bytes);
  const array = walk.byte();
  if (array !== 0x82 && array !== 0x85) throw new ShapeError();
  const suite = walk.uint(Number.MAX_SAFE_INTEGER);
  if (suite !== 1 && suite !== 2) throw new SuiteError();
  const proof = array === 0x85 ? parseProof(walk) : undefined;
  const credential = walk.byteString();
  walk.end();
  const claims = parseCredential(suite, credential);
  if ((proof !== undefined) !== (claims.form === "phone")) throw new ShapeError();
  return { credential, claims, proof };
}

function parseProof(walk: Cursor): Proof {
  const time_s = walk.uint(UINT32_MAX);
  walk.byteString(10);
  walk.expect([...COSE_SIGN1, ...byteString(PROTECTED), 0xa0, 0xf6]);
  return { time_s, signature: walk.byteString(64) };
}

function parseCredential(suite: Suite, credential: Bytes): Claims {
  const walk = new Cursor(credential);
  walk.expect(COSE_SIGN1);
  const header = walk.byteString();
  walk.expect([0xa0]);
  const payload = walk.byteString();
  const signature = walk.byteString(64);
  walk.end();
  const inner = new Cursor(header);
  inner.expect([0xa2, 1, ...ALGORITHMS[suite], 4]);
  const keyId = hex(inner.byteString(8));
  inner.end();
  return { suite, keyId, ...parseClaims(payload), header, payload, signature };
}

function parseClaims(payload: Bytes): Omit<Claims, "suite" | "keyId" | "header" | "payload" | "signature"> {
  const walk = new Cursor(payload);
  const map = walk.byte();
  walk.expect([1]);
  if (!/^[A-Za-z0-9.-]{1,12}$/.test(walk.text())) throw new ShapeError();
  walk.expect([4]);
  const expiresAt_s = walk.uint(UINT32_MAX);
  walk.expect([6]);
  const issuedAt_s = walk.uint(UINT32_MAX);
  const named = walk.accept([8, 0xa1, 1, 0xa3, 1, 1, 0x20, 6, 0x21, 0x58, 0x20]);
  const holderKey = named ? walk.take(32) : undefined;
  walk.expect([0x3a, 0, 1, 0, 0, 0x84]);
  const serial = walk.uint(SERIAL_MAX);
  const personId = walk.uint(Number.MAX_SAFE_INTEGER);
  const colour = COLOURS[walk.uint(2)]!;
  const form = FORMS[walk.uint(2)]!;
  walk.end();
  const wellFormed = map === (named ? 0xa5 : 0xa4) && named === (form === "phone") && issuedAt_s < expiresAt_s;
  if (!wellFormed) throw new ShapeError();
  return { issuedAt_s, expiresAt_s, holderKey, serial, personId, colour, form };
}
