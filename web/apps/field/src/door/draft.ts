/** What a worker has filled in at a door, and the call it makes. Pure. */
import type { CallInput, CallOutcome, CallReason, HouseholdNeed, Stop, StopPerson, Symptom } from "@gridpass/api";
import type { CallSend } from "../work/sends";
import { doorOf } from "../work/doors";

export interface PersonDraft {
  /** Where the person lives, where no home is on record. */
  enclosure_id: number | "";
  outcome: "" | CallOutcome;
  /** Whether the question about epidemic areas was asked, and the answer. */
  stay: "" | "no" | "yes";
  area: string;
  until: string;
  healthy: "" | "well" | "ill";
  temperature: string;
  symptoms: Symptom[];
  needs: HouseholdNeed[];
  address: string;
  /** Standard address code of the corrected address. */
  address_code: string;
  served: number[];
  note: string;
}

export type DoorDraft = Record<number, PersonDraft>;

export const emptyDraft = (): PersonDraft => ({
  enclosure_id: "",
  outcome: "",
  stay: "",
  area: "",
  until: "",
  healthy: "",
  temperature: "",
  symptoms: [],
  needs: [],
  address: "",
  address_code: "",
  served: [],
  note: "",
});

/** Whether anything of a person is filled in. */
export function isTouched(draft: PersonDraft | undefined): boolean {
  if (!draft) return false;
  // A draft that an older app kept knows fewer fields.
  return JSON.stringify({ ...emptyDraft(), ...draft }) !== JSON.stringify(emptyDraft());
}

export type DraftProblem = "draft_enclosure" | "draft_area" | "draft_until" | "draft_temperature" | "draft_symptoms" | "draft_address_code";

/** Whether a text is a standard address code: 25 digits, in any width, with blanks where one likes. */
const isAddressCode = (text: string): boolean => /^\d{25}$/.test(text.normalize("NFKC").replace(/\s/g, ""));

/** What is missing in a draft, or null; `homeless` is somebody without a home on record. */
export function draftProblem(draft: PersonDraft, homeless = false): DraftProblem | null {
  const needsHome = draft.outcome === "verified_moved_in" || draft.outcome === "moved_out" || !!draft.address.trim();
  if (homeless && needsHome && !draft.enclosure_id) return "draft_enclosure";
  if (draft.stay === "yes" && !draft.area) return "draft_area";
  if (draft.stay === "yes" && !draft.until) return "draft_until";
  const heat = Number(draft.temperature);
  if (draft.temperature && !(heat >= 34 && heat <= 43)) return "draft_temperature";
  if (draft.healthy === "ill" && draft.symptoms.length === 0 && !draft.temperature) return "draft_symptoms";
  if (draft.address.trim() && draft.address_code.trim() && !isAddressCode(draft.address_code)) return "draft_address_code";
  return null;
}

/** One person's part of a call. */
function inputOf(stop: Stop, person: StopPerson, draft: PersonDraft): CallInput {
  const input: CallInput = {
    person_id: person.person_id,
    outcome: draft.outcome || "checked",
    seen: person.seen,
    needs: draft.needs,
    served: draft.served,
  };
  // Whoever has no home on record, or had moved out, lives where the worker stands.
  const known = person.residence === "declared" || person.residence === "verified";
  const here = draft.outcome === "verified_moved_in" && !known ? stop.enclosure_id : null;
  const enclosure_id = draft.enclosure_id || here;
  if (enclosure_id) input.enclosure_id = enclosure_id;
  if (draft.stay === "yes") input.epidemic_area_stay = { found: true, area: draft.area, until: draft.until };
  if (draft.stay === "no") input.epidemic_area_stay = { found: false };
  if (draft.healthy) {
    input.health = { symptoms: draft.healthy === "ill" ? draft.symptoms : [] };
    if (draft.temperature) input.health.temperature = Number(draft.temperature);
  }
  if (draft.address.trim()) {
    input.address = draft.address.trim();
    if (draft.address_code.trim()) input.address_code = draft.address_code.trim();
  }
  if (draft.note.trim()) input.note = draft.note.trim();
  return input;
}

interface When {
  call_id: number;
  called_at: string;
}

const sendOf = (stop: Stop, { call_id, called_at }: When, people: CallInput[]): CallSend => ({
  kind: "call",
  call_id,
  called_at,
  key: stop.key,
  door: doorOf(stop),
  people,
  names: Object.fromEntries(
    stop.people
      .filter((one) => people.some((other) => other.person_id === one.person_id))
      .map((one) => [one.person_id, one.name ?? ""]),
  ),
});

/** The call that a draft makes: of everybody of whom something is filled in; null of nobody. */
export function callOf(stop: Stop, draft: DoorDraft, when: When): CallSend | null {
  const people = stop.people.flatMap((person) => {
    const own = draft[person.person_id];
    return own && isTouched(own) ? [inputOf(stop, person, own)] : [];
  });
  return people.length > 0 ? sendOf(stop, when, people) : null;
}

/** The call of a try in vain: about everybody who was to be asked. */
export function tryOf(
  stop: Stop,
  { outcome, reason, next_try_at }: { outcome: "absent" | "not_executable"; reason: CallReason; next_try_at?: string },
  when: When,
): CallSend {
  const asked = stop.people.filter((one) => one.visits.length > 0);
  const people = asked.map((person): CallInput => {
    const input: CallInput = { person_id: person.person_id, outcome, reason, seen: person.seen };
    return next_try_at ? { ...input, next_try_at } : input;
  });
  return sendOf(stop, when, people);
}

/** People one call may be about; the server refuses more. */
const PEOPLE_MAX = 20;

/** A call about a dormitory as several, each with a number of its own. */
export function partsOf(call: CallSend, newId: () => number): CallSend[] {
  const parts: CallSend[] = [];
  for (let at = 0; at < call.people.length; at += PEOPLE_MAX) {
    const people = call.people.slice(at, at + PEOPLE_MAX);
    const names = Object.fromEntries(people.map(({ person_id }) => [person_id, call.names[person_id] ?? ""]));
    parts.push({ ...call, call_id: at === 0 ? call.call_id : newId(), people, names });
  }
  return parts;
}

/** Age in full years or nearly: documents tell the year only. */
export const ageOfBirth = (birth_year: number, now_ms: number): number =>
  new Date(now_ms).getUTCFullYear() - birth_year;
