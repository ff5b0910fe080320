/**
 * Deciding without network, by what the pass itself proves.
 *
 * The phone's code carries a credential that the issuer signed at most a day ago, with the colour of
 * then. Both signatures are checked here; the guard sees how old the colour is, and the server looks
 * at the scan again when it is uploaded. Numbers cannot be decided this way.
 */
import type { Action, Colour, Decision, NewScan } from "@gridpass/api";
import { type AgeUnit, ageOf } from "@gridpass/kit/age";
import { type KeySet, openKeySet, type PublishedKey, verifyOffline } from "@gridpass/passcode/verify";
import { getPassKeys } from "./calls";
import { device, now_ms } from "./device";
import { keepScan } from "./outbox";

const KEPT = "gridpass.pass_keys";
const FEVER_C = 37.3;
const ACTIONS: Record<Colour, Action> = { green: "pass", yellow: "check", red: "stop" };

let keySet: KeySet | null = null;

/** Gets the issuer's keys anew, or else those this device got last. */
export async function refreshKeys(): Promise<void> {
  try {
    localStorage.setItem(KEPT, JSON.stringify(await getPassKeys()));
  } catch {
    // The kept ones serve.
  }
  const text = localStorage.getItem(KEPT);
  keySet = text ? await openKeySet(JSON.parse(text) as { keys: PublishedKey[] }) : null;
}

/** The gate table as far as it can be known here: fever and seal first, then the colour. */
function actionOf(colour: Colour, body: NewScan): Pick<Decision, "action" | "gate_reason"> {
  if ((body.temperature ?? 0) >= FEVER_C) return { action: "stop", gate_reason: "fever" };
  const sealed = device.view?.gate.area === "sealed" && body.direction === "out";
  if (sealed) return { action: "stop", gate_reason: "sealed_area" };
  return { action: ACTIONS[colour], gate_reason: colour };
}

export type OfflineAnswer =
  | { decision: Decision; checked: true; age: { unit: AgeUnit; count: number } }
  | { decision: null; code: string };

/** Decides a presentation by itself and keeps the scan; null where that cannot be done. */
export async function decideOffline(body: NewScan): Promise<OfflineAnswer | null> {
  if (!body.presentation || !keySet) return null;
  const verdict = await verifyOffline(body.presentation, keySet, Math.floor(now_ms() / 1000));
  if ("error" in verdict) return { decision: null, code: verdict.error };
  const { person_id, serial, colour_at_issue: colour, form, issued_at } = verdict.ok;
  const gate = actionOf(colour, body);
  await keepScan({
    person_id,
    pass_serial: serial,
    at: body.at,
    direction: body.direction,
    ...(body.temperature !== undefined && { temperature: body.temperature }),
    shown_colour: colour,
    action: gate.action,
    rung: form === "paper" ? "paper" : "code",
    presentation: body.presentation,
  });
  const decision: Decision = {
    person_id,
    pass_serial: serial,
    at: body.at,
    colour,
    ...gate,
    reason: colour,
    rule: "",
    gate_rule: "",
    checks: gate.action === "check" ? ["travel_history", "key_facts"] : [],
    message_zh: "",
    message_en: "",
    rule_set_version: 0,
    duplicate: false,
  };
  return { decision, checked: true, age: ageOf(now_ms() - issued_at * 1000) };
}
