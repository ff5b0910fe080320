/** The few CBOR forms the pass code writes, in their shortest encoding (RFC 8949, §4.2.1). */

/** Bytes that WebCrypto takes. */
export type Bytes = Uint8Array<ArrayBuffer>;

export const UINT = 0;
export const BYTES = 2;

/** What a presentation's protected header holds: the algorithm EdDSA (−8), alone. */
export const PROTECTED = [0xa1, 1, 0x27];

/** Tag 18 and the head of an array of four: a COSE_Sign1. */
export const COSE_SIGN1 = [0xd2, 0x84];

/** The head of an item: its major type and an argument below 2^32. */
export function head(major: number, argument: number): number[] {
  const bytes = [24, 16, 8, 0].map((shift) => (argument >>> shift) & 255);
  const first = major << 5;
  if (argument < 24) return [first | argument];
  if (argument < 256) return [first | 24, ...bytes.slice(3)];
  if (argument < 65_536) return [first | 25, ...bytes.slice(2)];
  return [first | 26, ...bytes];
}

/** A byte string. */
export const byteString = (bytes: ArrayLike<number>): number[] => [
  ...head(BYTES, bytes.length),
  ...Array.from(bytes),
];

/** The `Sig_structure` of RFC 9052, §4.4: what a COSE_Sign1 signature is made over. */
export const sigStructure = (header: ArrayLike<number>, payload: ArrayLike<number>): Bytes =>
  Uint8Array.from([
    0x84,
    0x6a,
    ...new TextEncoder().encode("Signature1"),
    ...byteString(header),
    0x40,
    ...byteString(payload),
  ]);

/** The detached payload of a presentation: the time and the credential's id. */
export const presentationPayload = (time_s: number, credentialId: Bytes): Bytes =>
  Uint8Array.from([0x82, ...head(UINT, time_s), ...byteString(credentialId)]);
