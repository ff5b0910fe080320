/**
 * What this phone holds: its key, its credential, the last pass it was told, the photo.
 *
 * Showing needs none of the network. Asking the server is an attempt that may fail and then leaves
 * everything as it was; only an answer that the pass is no longer ours throws it away.
 */
import { forget as forgetOne, forgetAll, keep, kept, keptNames } from "@gridpass/kit/store";
import { Problem, type ProblemBody } from "@gridpass/kit/problem";
import type { Colour } from "@gridpass/ui/shapes";
import { endOwnPhone, type Enrolled, getOwnPhoto, getPass, issueCredential, type PassView } from "./calls";
import { type Card, type HolderKeys, makeHolderKeys, openCard, presentCard, publicKeyText } from "./presenter";

export interface Holder {
  token: string;
  pass: PassView;
  /** Server's time of the last answer, in the phone's milliseconds. */
  updated_ms: number;
}

interface KeptCredential {
  card: Card;
  colour: Colour;
  renew_ms: number;
  expires_ms: number;
  /** Server's clock minus the phone's. */
  skew_ms: number;
}

let holder: Holder | undefined;
let credential: KeptCredential | undefined;
let photo: Blob | undefined;
let reachable = true;
let lost: ProblemBody | null = null;

/** Whether the server answered when last asked. */
export const isReachable = (): boolean => reachable;
/** What the server said when it took the pass from this phone. */
export const whyLost = (): ProblemBody | null => lost;
export const currentHolder = (): Holder | undefined => holder;
export const currentPhoto = (): Blob | undefined => photo;

/** Reads the drawer, once at the start. */
export async function load(): Promise<void> {
  [holder, credential, photo] = await Promise.all([
    kept<Holder>("holder"),
    kept<KeptCredential>("credential"),
    kept<Blob>("photo"),
  ]);
}

async function take(pass: PassView, token: string): Promise<void> {
  holder = { token, pass, updated_ms: Date.now() };
  await keep("holder", holder);
}

/** Takes over a pass just applied for. */
export const enrolled = (answer: Enrolled): Promise<void> => take(answer.pass, answer.holder_token);

/** The server's time now, as well as the phone knows it. */
export const now_ms = (): number => Date.now() + (credential?.skew_ms ?? 0);

async function renewCredential(token: string, colour: Colour): Promise<void> {
  const keys = (await kept<HolderKeys>("keys")) ?? (await makeHolderKeys());
  await keep("keys", keys);
  const issued = await issueCredential(token, publicKeyText(keys));
  const skew_ms = Date.parse(issued.server_time) - Date.now();
  const issued_ms = Date.parse(issued.issued_at);
  const expires_ms = Date.parse(issued.expires_at);
  credential = {
    card: await openCard(keys, issued),
    colour,
    // A quarter of its life: a phone seen once a morning never runs out during the day.
    renew_ms: issued_ms + (expires_ms - issued_ms) / 4,
    expires_ms,
    skew_ms,
  };
  await keep("credential", credential);
}

async function fetchPhoto(token: string): Promise<void> {
  photo = await getOwnPhoto(token);
  await keep("photo", photo);
}

/** The drawer of a relative's credential. */
export const drawer = (serial: number): string => `family ${serial}`;

/** Whose pass left this phone leaves no code on it. */
async function forgetGone({ dependants }: PassView): Promise<void> {
  const here = dependants.map(({ pass_serial }) => drawer(pass_serial));
  for (const name of await keptNames()) {
    if (typeof name === "string" && name.startsWith("family ") && !here.includes(name)) await forgetOne(name);
  }
}

/** All that a page of the pass is made of, but for the time. */
const looks = (): string => JSON.stringify([{ ...holder?.pass, decided_at: "" }, credential?.renew_ms, photo?.size]);

/** Asks the server for all that is due; answers whether the page is another by it. Throws what `send` throws. */
export async function refresh(): Promise<boolean> {
  if (!holder) return false;
  const { token } = holder;
  const before = looks();
  try {
    const pass = await getPass(token);
    reachable = true;
    await take(pass, token);
    const due = !credential || credential.colour !== pass.colour || now_ms() >= credential.renew_ms;
    if (due) await renewCredential(token, pass.colour);
    if (pass.has_photo && !photo) await fetchPhoto(token);
    await forgetGone(pass);
    if (pass.dependants.length > 0) await (await import("./cards")).renewFamily();
    return looks() !== before;
  } catch (error) {
    reachable = error instanceof Problem;
    if (error instanceof Problem && error.body.status === 401) {
      await forget();
      lost = error.body;
    }
    throw error;
  }
}

/** Keeps a photo that the server has just taken. */
export async function photoTaken(taken: Blob): Promise<void> {
  photo = taken;
  await keep("photo", taken);
}

export type Code = { state: "ready"; text: string } | { state: "wait" | "expired" };

/** The text to show as a QR now, made by this phone alone. */
export async function code(): Promise<Code> {
  if (!credential) return { state: "wait" };
  if (now_ms() >= credential.expires_ms) return { state: "expired" };
  return { state: "ready", text: await presentCard(credential.card, Math.floor(now_ms() / 1000)) };
}

/** Throws everything away: the pass is no longer this phone's. */
export async function forget(): Promise<void> {
  holder = credential = photo = undefined;
  lost = null;
  await forgetAll();
}

const LEAVING = "leaving";

/** As [`forget`], because the holder wishes it: the server is told, now or as soon as there is a network. */
export async function leave(): Promise<void> {
  const token = holder?.token;
  await forget();
  if (token) await keep(LEAVING, token);
  await tellLeft();
}

/** Ends the phone at the server that was left without a network. */
export async function tellLeft(): Promise<void> {
  const token = await kept<string>(LEAVING);
  if (!token) return;
  try {
    await endOwnPhone(token);
  } catch (error) {
    // A refusal says that it is over already.
    if (!(error instanceof Problem)) return;
  }
  await forgetOne(LEAVING);
}
