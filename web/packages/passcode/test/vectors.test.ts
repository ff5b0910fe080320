/** The golden vectors that the Rust side makes: both sides must say the same of each. */
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { decodeBase45 } from "../src/base45";
import type { Bytes } from "../src/bytes";
import { sign } from "../src/crypto";
import { makeHolderKeys, openMacKey, present } from "../src/index";
import { openKeySet, type PublishedKey, verifyOffline } from "../src/verify";

interface Vectors {
  suite: string;
  phone: {
    seed: string;
    public_key: string;
    credential: string;
    mac_key: string;
    presentations: { time: number; text: string }[];
  };
  key_set: { keys: PublishedKey[] };
  cases: { name: string; now: number; text: string; offline: object }[];
}

const read = (name: string): Vectors =>
  JSON.parse(readFileSync(new URL(`../../../../crates/passcode/${name}`, import.meta.url), "utf8")) as Vectors;
const suites = [read("vectors.json"), read("vectors-guomi.json")];

const bytesOf = (text: string): Bytes => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** Ed25519's PKCS #8 form is these bytes and the seed (RFC 8410, §7). */
const PKCS8 = "302e020100300506032b657004220420";

/** WebCrypto as it is, without Ed25519, and not there at all (a page without HTTPS). */
const browsers = {
  "WebCrypto with Ed25519": () => {},
  "WebCrypto without Ed25519": () => {
    const { subtle } = crypto;
    const without = new Proxy(subtle, {
      get(target, name: keyof SubtleCrypto) {
        const method = target[name] as (...given: unknown[]) => unknown;
        return (...given: unknown[]) =>
          given.includes("Ed25519") ? Promise.reject(new DOMException("", "NotSupportedError")) : method.apply(target, given);
      },
    });
    vi.stubGlobal("crypto", { subtle: without, getRandomValues: crypto.getRandomValues.bind(crypto) });
  },
  "no WebCrypto": () => {
    vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  },
};

afterEach(() => vi.unstubAllGlobals());

const all = suites.flatMap((vectors) =>
  Object.entries(browsers).map(([browser, set]) => ({ suite: vectors.suite, browser, set, vectors })),
);

describe.each(all)("$suite, $browser", ({ browser, set, vectors }) => {
  it("presents what the Rust side presents", async () => {
    set();
    const { phone } = vectors;
    const pkcs8 = bytesOf(PKCS8 + phone.seed);
    const privateKey =
      browser === "WebCrypto with Ed25519"
        ? await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"])
        : bytesOf(phone.seed);
    const macKey = await openMacKey(bytesOf(phone.mac_key));
    expect(macKey instanceof Uint8Array).toBe(browser === "no WebCrypto");
    const credential = bytesOf(phone.credential);
    expect(phone.presentations.length).toBeGreaterThan(0);
    for (const { time, text } of phone.presentations) {
      expect(await present({ credential, privateKey, macKey, time_s: time })).toBe(text);
    }
  });

  it("judges every case as the Rust side does", async () => {
    set();
    const keys = await openKeySet(vectors.key_set);
    expect(vectors.cases.length).toBeGreaterThan(40);
    for (const { name, text, now, offline } of vectors.cases) {
      expect(await verifyOffline(text, keys, now), name).toEqual(offline);
    }
  });

  it("makes keys that sign, and that do not leave where the browser can hold them", async () => {
    set();
    const { privateKey, publicKey } = await makeHolderKeys();
    expect(publicKey.length).toBe(32);
    const message = new TextEncoder().encode("message");
    const signature = await sign(privateKey, message);
    vi.unstubAllGlobals();
    const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
    expect(await crypto.subtle.verify("Ed25519", key, signature, message)).toBe(true);
    if (browser === "WebCrypto with Ed25519") expect((privateKey as CryptoKey).extractable).toBe(false);
  });

  it("accepts no presentation with a changed byte", async () => {
    set();
    const keys = await openKeySet(vectors.key_set);
    const { time, text } = vectors.phone.presentations[0]!;
    const bytes = decodeBase45(text.slice(4))!;
    const { encodeBase45 } = await import("../src/base45");
    // The ten bytes of the MAC are for the server alone; libraries check slowly, so every
    // seventh byte is enough where they do.
    const step = browser === "WebCrypto with Ed25519" && vectors.suite === "standard" ? 1 : 7;
    for (let at = 0; at < bytes.length; at += step) {
      if (at >= 8 && at < 18) continue;
      const changed = bytes.slice();
      changed[at]! ^= 1;
      expect(await verifyOffline("GP1:" + encodeBase45(changed), keys, time), `byte ${at}`).toHaveProperty("error");
    }
  });
});

describe("a published key set", () => {
  const keyOf = (alg: string): PublishedKey => suites[0]!.key_set.keys.find((key) => key.alg === alg)!;
  const [sound, sm2] = [keyOf("EdDSA"), keyOf("SM2")];
  it.each([
    ["of another curve", [{ ...sound, crv: "P-256" }]],
    ["with an id of another key", [{ ...sound, kid: "AAAAAAAAAAA" }]],
    ["with a key cut short", [{ ...sound, x: "AAAA" }]],
    ["that counts at no time", [{ ...sound, not_after: sound.not_before }]],
    ["with a key twice", [sound, sound]],
    ["of Ed25519 with a second coordinate", [{ ...sound, y: sound.x }]],
    ["of SM2 without its second coordinate", [{ ...sm2, y: "" }]],
    ["of SM2 with a point beside the curve", [{ ...sm2, y: sm2.x }]],
    ["of SM2 with an id of another key", [{ ...sm2, kid: sound.kid }]],
    ["of SM2 said to be Ed25519", [{ ...sm2, kty: "OKP", crv: "Ed25519", alg: "EdDSA" }]],
  ])("%s is refused", async (_, keys) => {
    await expect(openKeySet({ keys })).rejects.toThrow("is not sound");
  });

  it("of both suites is opened", async () => {
    expect((await openKeySet({ keys: [sound, sm2] })).size).toBe(2);
  });
});
