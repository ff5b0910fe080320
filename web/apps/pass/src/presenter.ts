/** The phone's key and what it signs, over the shared pass code package. */
import { present } from "@gridpass/passcode";
import type { CredentialView } from "./calls";

/** All that is needed to present, in a form IndexedDB can keep; no key in it can be read out. */
export interface Card {
  keys: CryptoKeyPair;
  macKey: CryptoKey;
  credential: Uint8Array;
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

const textOf = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

/** A new key pair whose private half can sign but never leave. */
export const makeKeys = async (): Promise<CryptoKeyPair> =>
  (await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair;

export const publicKeyText = async (keys: CryptoKeyPair): Promise<string> =>
  textOf(await crypto.subtle.exportKey("raw", keys.publicKey));

export async function openCard(keys: CryptoKeyPair, issued: CredentialView): Promise<Card> {
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const macKey = await crypto.subtle.importKey("raw", bytesOf(issued.mac_key), hmac, false, ["sign"]);
  return { keys, macKey, credential: bytesOf(issued.credential) };
}

/** The text of the QR code at a second. */
export const presentCard = (card: Card, time_s: number): Promise<string> =>
  present({ credential: card.credential, privateKey: card.keys.privateKey, macKey: card.macKey, time_s });
