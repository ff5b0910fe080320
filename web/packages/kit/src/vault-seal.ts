/**
 * The cryptography of a vault: the browser's own, nothing else.
 *
 * One key of 256 bits seals every record (AES-GCM, the record's name as associated data, so that no
 * record can be put in another's place). That key is kept only wrapped: once for each worker under a
 * key derived from their secret (PBKDF2, SHA-256). Once unwrapped it is a handle that seals and opens
 * but cannot be read.
 */

export type Bytes = Uint8Array<ArrayBuffer>;

/** A record as it lies on the shelf. */
export interface Sealed {
  iv: Bytes;
  bytes: Bytes;
}

/** The vault's key, wrapped under one worker's secret. */
export interface Slot extends Sealed {
  salt: Bytes;
  rounds: number;
  /** Wrong secrets in a row, and when the next may be tried. */
  wrong: number;
  not_before_ms: number;
}

const AES = "AES-GCM";
const IV_BYTES = 12;
const KEY_BYTES = 32;
const SALT_BYTES = 16;

const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));
const utf8 = (text: string): Bytes => new TextEncoder().encode(text);

async function derive(secret: string, salt: Bytes, rounds: number): Promise<CryptoKey> {
  const typed = await crypto.subtle.importKey("raw", utf8(secret), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  return crypto.subtle.deriveKey(how, typed, { name: AES, length: 256 }, false, ["encrypt", "decrypt"]);
}

/** A new key's bytes. */
export const newKey = (): Bytes => random(KEY_BYTES);

/** The key as a handle that cannot be read; its bytes are overwritten. */
export async function useKey(bytes: Bytes): Promise<CryptoKey> {
  const key = await crypto.subtle.importKey("raw", bytes, AES, false, ["encrypt", "decrypt"]);
  bytes.fill(0);
  return key;
}

/** Seals bytes under a name. */
export async function seal(key: CryptoKey, name: string, plain: Bytes): Promise<Sealed> {
  const iv = random(IV_BYTES);
  const how = { name: AES, iv, additionalData: utf8(name) };
  return { iv, bytes: new Uint8Array(await crypto.subtle.encrypt(how, key, plain)) };
}

/** Opens what was sealed under this name. Rejects if anything about it was changed. */
export async function unseal(key: CryptoKey, name: string, { iv, bytes }: Sealed): Promise<Bytes> {
  const how = { name: AES, iv, additionalData: utf8(name) };
  return new Uint8Array(await crypto.subtle.decrypt(how, key, bytes));
}

/** Wraps the vault's key for a worker. */
export async function wrap(key: Bytes, worker: string, secret: string, rounds: number): Promise<Slot> {
  const salt = random(SALT_BYTES);
  const sealed = await seal(await derive(secret, salt, rounds), worker, key);
  return { ...sealed, salt, rounds, wrong: 0, not_before_ms: 0 };
}

/** The vault's key, or null if the secret is another. */
export async function unwrap(slot: Slot, worker: string, secret: string): Promise<Bytes | null> {
  const key = await derive(secret, slot.salt, slot.rounds);
  return unseal(key, worker, slot).catch(() => null);
}
