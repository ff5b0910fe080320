/** The phone's key and what it signs, over the shared pass code package. */
import { type HolderKeys, type MacKey, makeHolderKeys, openMacKey, present } from "@gridpass/passcode";
import type { CredentialView } from "./calls";

export { type HolderKeys, makeHolderKeys };

/** All that is needed to present, in a form IndexedDB can keep; no key in it can be read out. */
export interface Card {
  keys: HolderKeys;
  macKey: MacKey;
  credential: Uint8Array<ArrayBuffer>;
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

const textOf = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

export const publicKeyText = (keys: HolderKeys): string => textOf(keys.publicKey);

export const openCard = async (keys: HolderKeys, issued: CredentialView): Promise<Card> => ({
  keys,
  macKey: await openMacKey(bytesOf(issued.mac_key)),
  credential: bytesOf(issued.credential),
});

/** The text of the QR code at a second. */
export const presentCard = ({ keys, macKey, credential }: Card, time_s: number): Promise<string> =>
  present({ credential, privateKey: keys.privateKey, macKey, time_s });
