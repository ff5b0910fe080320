/**
 * The phone's side of the pass code: it makes the text of its QR code by itself, every 30 s,
 * without asking the server. The format is described in `crates/passcode/FORMAT.md`.
 *
 * This file and what it imports are part of the pass page's budget of 20 kB; a test keeps
 * them below 3 kB.
 */
import { encodeBase45 } from "./base45";
import { byteString, type Bytes, COSE_SIGN1, head, presentationPayload, PROTECTED, sigStructure, UINT } from "./bytes";
import { digest, mac, type MacKey, sign, type SigningKey } from "./crypto";

export { encodeBase45 } from "./base45";
export { type HolderKeys, type MacKey, makeHolderKeys, openMacKey, sign, type SigningKey } from "./crypto";

/** What a phone holds, and when it shows it. */
export interface Presentation {
  /** The exact bytes the server gave. */
  credential: Bytes;
  /** The private half of the key the credential names. */
  privateKey: SigningKey;
  /** The MAC key that came with the credential. */
  macKey: MacKey;
  /** Now, by the server's clock as well as the phone knows it: whole seconds since 1970. */
  time_s: number;
}

/** The text of the QR code to show. */
export async function present({ credential, privateKey, macKey, time_s }: Presentation): Promise<string> {
  const id = (await digest(credential)).slice(0, 16);
  // The suite by the issuer's algorithm, after COSE_Sign1 and the header's own heads: EdDSA, or SM2.
  const suite = credential[5] === 0x27 ? 1 : 2;
  const payload = presentationPayload(time_s, id);
  const signature = await sign(privateKey, sigStructure(PROTECTED, payload));
  const code = await mac(macKey, Uint8Array.from([...payload, ...signature]));
  const envelope = [
    0x85,
    suite,
    ...head(UINT, time_s),
    ...byteString(code.slice(0, 10)),
    ...COSE_SIGN1,
    ...byteString(PROTECTED),
    0xa0,
    0xf6,
    ...byteString(signature),
    ...byteString(credential),
  ];
  return "GP1:" + encodeBase45(Uint8Array.from(envelope));
}
