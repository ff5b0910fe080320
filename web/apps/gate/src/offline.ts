/**
 * Deciding without network, one rung after the other.
 *
 * A code is checked by its signatures: genuine, shown in time. Its colour is that of the snapshot, if
 * that is newer than the credential, else the one the issuer signed at most a day ago. A withdrawn
 * pass is refused. A typed serial has a colour, too, but proves nobody; a typed document number
 * not even a colour: the guard looks at the document and decides, and it goes into the register. The
 * server looks at all of it again once it is uploaded.
 */
import type { Colour, Decision, NewScan } from "@gridpass/api";
import { type AgeUnit, ageOf } from "@gridpass/kit/age";
import { type KeySet, openKeySet, type Presented, type PublishedKey, verifyOffline } from "@gridpass/passcode/verify";
import { getPassKeys } from "./calls";
import { colourOf, isRevoked } from "./colours";
import { now_ms } from "./device";
import { keepNamed, keepScan, keepSpecimen } from "./outbox";
import { heldSnapshot } from "./snapshot";
import { type Answer, answerOf, type Situation } from "./table";
import { vault, whenLocked } from "./vault";

const KEPT = "gridpass.pass_keys";

let keySet: KeySet | null = null;

/** Opens the issuer's keys this device got last. */
export async function openKeys(): Promise<void> {
  const text = localStorage.getItem(KEPT);
  keySet = text ? await openKeySet(JSON.parse(text) as { keys: PublishedKey[] }) : null;
}

/** Gets the issuer's keys anew, or else those this device got last. */
export async function refreshKeys(): Promise<void> {
  try {
    localStorage.setItem(KEPT, JSON.stringify(await getPassKeys()));
  } catch {
    // The kept ones serve.
  }
  await openKeys();
}

export type Rung = "snapshot" | "code" | "paper" | "serial" | "number";

export interface Decided {
  decision: Decision;
  rung: Rung;
  /** How old the colour is; absent where there is none. */
  age: { unit: AgeUnit; count: number } | null;
  /** What the table was asked, for the question of the relation. */
  situation: Situation;
}

export type OfflineAnswer = Decided | { decision: null; code: string };

/** The question that only a gate without network asks. */
export const BELONGS = "belongs_here";
/** A number or a serial proves nobody. */
export const DOCUMENT_SEEN = "document_seen";

function decisionOf(
  body: NewScan,
  who: { person_id: number; pass_serial: number; colour: Colour },
  { action, gate_reason, checks }: Answer,
): Decision {
  return {
    ...who,
    at: body.at,
    action,
    gate_reason,
    reason: who.colour,
    rule: "",
    gate_rule: "",
    checks,
    message_zh: "",
    message_en: "",
    rule_set_version: 0,
    duplicate: false,
  };
}

/** What the table says; where it depends on the relation, that is asked first. */
function tableAnswer(situation: Situation): Answer {
  const asked = { action: "check", gate_reason: situation.colour, checks: [BELONGS] } as unknown as Answer;
  return answerOf(situation) ?? asked;
}

const situationOf = (body: NewScan, colour: Colour): Situation => ({
  colour,
  direction: body.direction,
  temperature: body.temperature,
});

/** The newer of what the snapshot and what the credential says. */
function colourOfPass({ serial, colour_at_issue, issued_at }: Presented): { colour: Colour; as_of_ms: number; known: boolean } {
  const held = heldSnapshot();
  const colour = held && colourOf(held, serial);
  if (held && colour && held.as_of_ms >= issued_at * 1000) return { colour, as_of_ms: held.as_of_ms, known: true };
  return { colour: colour_at_issue, as_of_ms: issued_at * 1000, known: false };
}

/** Codes shown here lately, each with the scan that it was first shown for; kept, for a page that is thrown away. */
let shownHere = new Map<string, string>();
const SHOWN = "codes_shown";
const SHOWN_MAX = 200;

whenLocked(() => shownHere.clear());

/** Opens what was shown before the page was thrown away. */
export async function openShown(): Promise<void> {
  shownHere = new Map([...((await vault.get<[string, string][]>(SHOWN)) ?? []), ...shownHere]);
}

/**
 * A code is shown once; the same again within its half minute may be a picture of it on another
 * phone. Paper has no code of the moment and is shown as often as somebody comes.
 */
async function once({ credential_id, presented_at }: Presented, { at, direction }: NewScan, answer: Answer): Promise<Answer> {
  if (presented_at === null || presented_at === undefined) return answer;
  const name = `${credential_id}/${presented_at}/${direction}`;
  const first = shownHere.get(name);
  if (first === undefined) {
    shownHere.set(name, at);
    for (const oldest of shownHere.keys()) if (shownHere.size > SHOWN_MAX) shownHere.delete(oldest);
    await vault.put(SHOWN, [...shownHere]);
  }
  if (first === undefined || first === at || answer.action !== "pass") return answer;
  return { action: "check", gate_reason: "shown_before", checks: ["key_facts"] } as unknown as Answer;
}

async function byPresentation(body: NewScan, text: string, keys: KeySet): Promise<OfflineAnswer> {
  const verdict = await verifyOffline(text, keys, Math.floor(now_ms() / 1000));
  if ("error" in verdict) {
    if (verdict.error === "pass_specimen") await keepSpecimen({ at: body.at, presentation: text });
    return { decision: null, code: verdict.error };
  }
  const pass = verdict.ok;
  const held = heldSnapshot();
  if (held && isRevoked(held, pass)) return { decision: null, code: "pass_revoked" };
  const { colour, as_of_ms, known } = colourOfPass(pass);
  const rung = known ? "snapshot" : pass.form === "paper" ? "paper" : "code";
  const situation = situationOf(body, colour);
  const answer = await once(pass, body, tableAnswer(situation));
  const { person_id, serial: pass_serial } = pass;
  await keepScan({
    person_id,
    pass_serial,
    at: body.at,
    direction: body.direction,
    ...(body.temperature !== undefined && { temperature: body.temperature }),
    shown_colour: colour,
    action: answer.action,
    rung,
    presentation: text,
  });
  const decision = decisionOf(body, { person_id, pass_serial, colour }, answer);
  return { decision, rung, age: ageOf(now_ms() - as_of_ms), situation };
}

/** Somebody who is only named: the guard looks at the document. Who is stopped is written down at once. */
async function byName(body: NewScan): Promise<OfflineAnswer> {
  const held = heldSnapshot();
  const serial = body.pass_serial ?? null;
  const colour = held && serial !== null ? colourOf(held, serial) : null;
  if (serial !== null && !colour) return { decision: null, code: "person_unknown" };
  const situation = situationOf(body, colour ?? "yellow");
  const answer = tableAnswer(situation);
  const seen = { ...answer, action: answer.action === "stop" ? "stop" : "check" } as Answer;
  // The document says what the key facts would.
  const others = answer.checks.filter((one) => one !== "key_facts");
  const checks = [DOCUMENT_SEEN, ...others] as Answer["checks"];
  if (answer.action === "stop") await keepNamed(body, "stop", { shown_colour: colour });
  const who = { person_id: 0, pass_serial: serial ?? 0, colour: colour ?? "yellow" };
  const decision = decisionOf(body, who, { ...seen, checks });
  const age = held && colour ? ageOf(now_ms() - held.as_of_ms) : null;
  return { decision, rung: serial === null ? "number" : "serial", age, situation };
}

/** Serial of the pass that a genuine code shows; null where this device cannot tell. */
export async function serialOf(text: string): Promise<number | null> {
  if (!keySet) return null;
  const verdict = await verifyOffline(text, keySet, Math.floor(now_ms() / 1000));
  return "ok" in verdict ? verdict.ok.serial : null;
}

/** Decides by what this device holds; null where that cannot be done. */
export async function decideOffline(body: NewScan): Promise<OfflineAnswer | null> {
  if (!body.presentation) return byName(body);
  return keySet ? byPresentation(body, body.presentation, keySet) : null;
}

/** Another reading of somebody decided just now: the same person, the same rung, what follows from the reading. */
export async function remeasured(before: Decision, body: NewScan, by: Decided | null): Promise<Decided> {
  const { person_id, pass_serial, colour } = before;
  const situation: Situation = { ...(by?.situation ?? { colour }), direction: body.direction, temperature: body.temperature };
  const answer = tableAnswer(situation);
  const rung = by?.rung ?? "snapshot";
  if (person_id > 0)
    // What was shown went with the scan before.
    await keepScan({
      person_id,
      pass_serial,
      at: body.at,
      direction: body.direction,
      ...(body.temperature !== undefined && { temperature: body.temperature }),
      shown_colour: situation.colour,
      action: answer.action,
      rung: rung === "serial" ? "number" : rung,
    });
  else if (answer.action === "stop") await keepNamed(body, "stop", { shown_colour: situation.colour });
  const checks = person_id > 0 ? answer.checks : ([DOCUMENT_SEEN, ...answer.checks] as Answer["checks"]);
  const action = person_id > 0 || answer.action === "stop" ? answer.action : "check";
  const decision = decisionOf(body, { person_id, pass_serial, colour: situation.colour }, { ...answer, action, checks });
  return { decision, rung, age: by?.age ?? null, situation };
}
