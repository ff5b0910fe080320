/**
 * The cryptography of phones, the same under every suite: the browser's own where it has it, a
 * small library loaded only where it has not (no Ed25519 before Chrome 137, no WebCrypto without
 * HTTPS).
 */
import type { Bytes } from "./bytes";

/** The private half of a phone's key: a handle that signs, or, in the fallback, its seed. */
export type SigningKey = CryptoKey | Bytes;

/** The key of a phone's MACs: a handle, or, in the fallback, its bytes. */
export type MacKey = CryptoKey | Bytes;

/** A phone's key pair, in a form that IndexedDB can keep. */
export interface HolderKeys {
  privateKey: SigningKey;
  /** 32 bytes, for the server. */
  publicKey: Bytes;
}

/** The library, in a file of its own so that it costs nothing while it is not needed. */
export const fallback = (): Promise<typeof import("./fallback")> => import("./fallback");

/** A new key pair; its private half can sign but not leave, where the browser allows that. */
export async function makeHolderKeys(): Promise<HolderKeys> {
  try {
    const pair = (await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair;
    const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    return { privateKey: pair.privateKey, publicKey };
  } catch {
    return (await fallback()).makeHolderKeys();
  }
}

/** The MAC key that came with a credential, made unreadable where the browser allows that. */
export async function openMacKey(bytes: Bytes): Promise<MacKey> {
  try {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    return await crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
  } catch {
    return bytes;
  }
}

/** Signature over a message: 64 bytes. */
export const sign = async (key: SigningKey, message: Bytes): Promise<Bytes> =>
  key instanceof Uint8Array
    ? (await fallback()).sign(message, key)
    : new Uint8Array(await crypto.subtle.sign("Ed25519", key, message));

/** HMAC-SHA-256 of a message: 32 bytes. */
export const mac = async (key: MacKey, message: Bytes): Promise<Bytes> =>
  key instanceof Uint8Array
    ? (await fallback()).mac(key, message)
    : new Uint8Array(await crypto.subtle.sign("HMAC", key, message));

/** SHA-256 of some bytes: 32 bytes. */
export const digest = async (bytes: Bytes): Promise<Bytes> =>
  globalThis.crypto?.subtle
    ? new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))
    : (await fallback()).digest(bytes);
