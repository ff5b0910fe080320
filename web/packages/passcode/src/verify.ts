/**
 * The check a gate makes without network: the issuer's signature and the phone's, in the
 * order of `FORMAT.md`, with the same error codes as the server's.
 */
import { decodeBase45 } from "./base45";
import { type Bytes, presentationPayload, PROTECTED, sigStructure } from "./bytes";
import { digest, fallback } from "./crypto";
import { ShapeError } from "./cursor";
import { type Claims, type COLOURS, type Envelope, type FORMS, hex, parseEnvelope, SuiteError } from "./envelope";

/** Why a pass was refused. */
export type PassErrorCode =
  | "not_a_pass"
  | "pass_malformed"
  | "pass_too_long"
  | "pass_suite_unknown"
  | "pass_forged"
  | "presentation_expired"
  | "presentation_in_future"
  | "credential_expired"
  | "credential_not_yet_valid"
  | "pass_specimen"
  | "pass_key_unknown"
  | "pass_key_retired"
  | "pass_key_not_in_force";

/** A genuine pass, shown in time. Times are whole seconds since 1970. */
export interface Presented {
  person_id: number;
  serial: number;
  colour_at_issue: (typeof COLOURS)[number];
  form: (typeof FORMS)[number];
  /** In hex. With `presented_at` it names the presentation: twice the same is a replay. */
  credential_id: string;
  /** `null` on paper, which has none. */
  presented_at: number | null;
  issued_at: number;
  expires_at: number;
}

export type Verdict = { ok: Presented } | { error: PassErrorCode };

/** An issuer key as `/.well-known/gridpass-keys` serves it. */
export interface PublishedKey {
  kid: string;
  kty: string;
  crv: string;
  alg: string;
  x: string;
  not_before: string;
  not_after: string;
  retired?: boolean;
}

interface IssuerKey {
  x: Bytes;
  notBefore_ms: number;
  notAfter_ms: number;
  retired: boolean;
}

/** The issuer keys a gate trusts, by key id in hex. */
export type KeySet = ReadonlyMap<string, IssuerKey>;

/** How long a presentation counts and how far clocks may be apart, in seconds. */
export interface Limits {
  life_s: number;
  skew_s: number;
}

const LIMITS: Limits = { life_s: 60, skew_s: 30 };
const PREFIX = "GP1:";
const CHARS_MAX = 483;

const fromBase64url = (text: string): Bytes =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

/** Reads a published key set. Throws if a key is damaged, unknown in kind or listed twice. */
export async function openKeySet(published: { keys: PublishedKey[] }): Promise<KeySet> {
  const set = new Map<string, IssuerKey>();
  for (const key of published.keys) {
    const x = fromBase64url(key.x);
    const id = hex((await digest(x)).slice(0, 8));
    const [notBefore_ms, notAfter_ms] = [Date.parse(key.not_before), Date.parse(key.not_after)];
    const isKnown = key.kty === "OKP" && key.crv === "Ed25519" && key.alg === "EdDSA" && x.length === 32;
    const isSound = id === hex(fromBase64url(key.kid)) && !set.has(id) && notBefore_ms < notAfter_ms;
    if (!isKnown || !isSound) throw new Error(`issuer key ${key.kid} is not sound`);
    set.set(id, { x, notBefore_ms, notAfter_ms, retired: key.retired ?? false });
  }
  return set;
}

/** Whether the owner of a public key signed a message. */
async function isSigned(publicKey: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  let key: CryptoKey;
  try {
    key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
  } catch {
    return (await fallback()).isSigned(publicKey, message, signature);
  }
  return crypto.subtle.verify("Ed25519", key, signature, message);
}

/** Checks the text of a pass shown at `now_s`, whole seconds since 1970. Never throws for a text. */
export async function verifyOffline(
  text: string,
  keys: KeySet,
  now_s: number,
  limits: Limits = LIMITS,
): Promise<Verdict> {
  if (!text.startsWith(PREFIX)) return { error: "not_a_pass" };
  if (text.length > CHARS_MAX) return { error: "pass_too_long" };
  const bytes = decodeBase45(text.slice(PREFIX.length));
  if (!bytes) return { error: "pass_malformed" };
  let pass: Envelope;
  try {
    pass = parseEnvelope(bytes);
  } catch (error) {
    if (error instanceof SuiteError) return { error: "pass_suite_unknown" };
    if (error instanceof ShapeError) return { error: "pass_malformed" };
    throw error;
  }
  const id = (await digest(pass.credential)).slice(0, 16);
  const error =
    (await issuerError(pass.claims, keys)) ??
    (await phoneError(pass, id)) ??
    timeError(pass, now_s, limits);
  return error ? { error } : { ok: presented(pass, id) };
}

async function issuerError(claims: Claims, keys: KeySet): Promise<PassErrorCode | undefined> {
  const key = keys.get(claims.keyId);
  if (!key) return "pass_key_unknown";
  if (key.retired) return "pass_key_retired";
  const message = sigStructure(claims.header, claims.payload);
  if (!(await isSigned(key.x, message, claims.signature))) return "pass_forged";
  const issued_ms = claims.issuedAt_s * 1000;
  if (issued_ms < key.notBefore_ms || issued_ms >= key.notAfter_ms) return "pass_key_not_in_force";
  return claims.form === "specimen" ? "pass_specimen" : undefined;
}

async function phoneError({ claims, proof }: Envelope, id: Bytes): Promise<PassErrorCode | undefined> {
  if (!proof || !claims.holderKey) return undefined;
  const message = sigStructure(PROTECTED, presentationPayload(proof.time_s, id));
  return (await isSigned(claims.holderKey, message, proof.signature)) ? undefined : "pass_forged";
}

function timeError({ claims, proof }: Envelope, now_s: number, limits: Limits): PassErrorCode | undefined {
  if (proof) {
    const age_s = now_s - proof.time_s;
    if (age_s > limits.life_s + limits.skew_s) return "presentation_expired";
    if (-age_s > limits.skew_s) return "presentation_in_future";
  }
  if (claims.issuedAt_s - now_s > limits.skew_s) return "credential_not_yet_valid";
  return now_s >= claims.expiresAt_s ? "credential_expired" : undefined;
}

const presented = ({ claims, proof }: Envelope, id: Bytes): Presented => ({
  person_id: claims.personId,
  serial: claims.serial,
  colour_at_issue: claims.colour,
  form: claims.form,
  credential_id: hex(id),
  presented_at: proof?.time_s ?? null,
  issued_at: claims.issuedAt_s,
  expires_at: claims.expiresAt_s,
});
