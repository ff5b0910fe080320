/**
 * The check a gate makes without network: the issuer's signature and the phone's, in the
 * order of `FORMAT.md`, with the same error codes as the server's.
 */
import { decodeBase45 } from "./base45";
import { type Bytes, presentationPayload, PROTECTED, sigStructure } from "./bytes";
import { digest, fallback } from "./crypto";
import { ShapeError } from "./cursor";
import {
  type Claims,
  type COLOURS,
  type Envelope,
  type FORMS,
  hex,
  parseEnvelope,
  type Suite,
  SuiteError,
} from "./envelope";

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
  /** Of SM2 only. */
  y?: string;
  not_before: string;
  not_after: string;
  retired?: boolean;
}

interface IssuerKey {
  suite: Suite;
  /** 32 bytes of Ed25519, or `04`, x and y of SM2. */
  bytes: Bytes;
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
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

/** SM2 and SM3, in a file of their own: fetched where an issuer publishes an SM2 key. */
const guomi = (): Promise<typeof import("./guomi")> => import("./guomi");

/** The suite and the bytes of a key; `undefined` if it is of no kind that is known. */
function read(key: PublishedKey): { suite: Suite; bytes: Bytes } | undefined {
  const [kind, x] = [`${key.kty} ${key.crv} ${key.alg}`, fromBase64url(key.x)];
  if (x.length !== 32) return undefined;
  if (kind === "OKP Ed25519 EdDSA" && key.y === undefined) return { suite: 1, bytes: x };
  const y = fromBase64url(key.y ?? "");
  return kind === "EC SM2 SM2" && y.length === 32
    ? { suite: 2, bytes: Uint8Array.from([4, ...x, ...y]) }
    : undefined;
}

/** The digest by which a key is named. Throws if SM2 has no such key. */
async function digestOf(suite: Suite, bytes: Bytes): Promise<Bytes> {
  if (suite === 1) return digest(bytes);
  const { assertKey, sm3 } = await guomi();
  assertKey(bytes);
  return sm3(bytes);
}

/** Reads a published key set. Throws if a key is damaged, unknown in kind or listed twice. */
export async function openKeySet(published: { keys: PublishedKey[] }): Promise<KeySet> {
  const set = new Map<string, IssuerKey>();
  for (const key of published.keys) {
    const unsound = new Error(`issuer key ${key.kid} is not sound`);
    const known = read(key);
    if (!known) throw unsound;
    const named = await digestOf(known.suite, known.bytes).catch(() => Promise.reject(unsound));
    const id = hex(named.slice(0, 8));
    const [notBefore_ms, notAfter_ms] = [Date.parse(key.not_before), Date.parse(key.not_after)];
    if (id !== hex(fromBase64url(key.kid)) || set.has(id) || !(notBefore_ms < notAfter_ms)) throw unsound;
    set.set(id, { ...known, notBefore_ms, notAfter_ms, retired: key.retired ?? false });
  }
  return set;
}

/** Whether the owner of a phone's or an issuer's Ed25519 key signed a message. */
async function isSigned(publicKey: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  let key: CryptoKey;
  try {
    key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
  } catch {
    return (await fallback()).isSigned(publicKey, message, signature);
  }
  return crypto.subtle.verify("Ed25519", key, signature, message);
}

/** Whether an issuer signed a credential: with a key of the suite that the credential names. */
async function isIssued(key: IssuerKey, claims: Claims): Promise<boolean> {
  if (key.suite !== claims.suite) return false;
  const message = sigStructure(claims.header, claims.payload);
  return key.suite === 1
    ? isSigned(key.bytes, message, claims.signature)
    : (await guomi()).isSigned(key.bytes, message, claims.signature);
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
  if (!(await isIssued(key, claims))) return "pass_forged";
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
