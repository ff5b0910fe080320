/** Suite `standard` without WebCrypto: loaded only by browsers that lack a part of it. */
import * as ed25519 from "@noble/ed25519";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import type { Bytes } from "./bytes";
import type { HolderKeys } from "./crypto";

ed25519.hashes.sha512 = sha512;

/** A new key pair; the private half is its seed of 32 bytes. */
export function makeHolderKeys(): HolderKeys {
  const privateKey = crypto.getRandomValues(new Uint8Array(32));
  return { privateKey, publicKey: Uint8Array.from(ed25519.getPublicKey(privateKey)) };
}

/** Signature over a message: 64 bytes. */
export const sign = (message: Bytes, seed: Bytes): Bytes =>
  Uint8Array.from(ed25519.sign(message, seed));

/** Whether the owner of a public key signed a message. */
export const isSigned = (publicKey: Bytes, message: Bytes, signature: Bytes): boolean =>
  ed25519.verify(signature, message, publicKey, { zip215: false });

/** HMAC-SHA-256 of a message. */
export const mac = (key: Bytes, message: Bytes): Bytes =>
  Uint8Array.from(hmac(sha256, key, message));

/** SHA-256 of some bytes. */
export const digest = (bytes: Bytes): Bytes => Uint8Array.from(sha256(bytes));
