/** Held fields and evidence as sentences. */
import type { HeldFact, HeldField } from "@gridpass/api";
import { PROVINCES } from "./legs";
import { t, words } from "./words";

const said = (prefix: string, word: string): string => words.find(`${prefix}_${word}`) ?? word;

export const factKind = (kind: string): string => said("fact", kind);
export const sourceName = (source: string): string => said("source", source);

export const symptomWords = (symptoms: string[]): string => symptoms.map((one) => said("symptom", one)).join("、");

function provinceName(code: string): string {
  const found = PROVINCES.find((one) => code.startsWith(one.code));
  return found ? words.say(found.zh, found.en) : code;
}

export function fieldValue({ field, value }: HeldField): string {
  if (!value) return t("field_none");
  if (field === "sex") return said("sex", value);
  if (field === "origin") return provinceName(value);
  if (field === "photo") return t("field_photo_yes");
  return value;
}

/** What a fact says, in one line. */
export function factWords(fact: HeldFact): string {
  const kind = factKind(fact.kind);
  switch (fact.kind) {
    case "residence":
    case "employment":
    case "registry":
    case "case":
      return `${kind} · ${said("status", fact.status)}`;
    case "quarantine":
      return `${kind} · ${said("quarantine", fact.place)} · ${fact.start} – ${fact.end}`;
    case "contact":
      return `${kind} · ${said("contact", fact.level)} · ${fact.last_exposed}`;
    case "stay":
      return `${kind} · ${provinceName(fact.area)} · ${fact.until} · ${said("certainty", fact.certainty)}`;
    case "health": {
      const symptoms = symptomWords(fact.symptoms ?? []) || t("symptoms_none");
      return fact.temperature ? `${kind} · ${fact.temperature} ℃ · ${symptoms}` : `${kind} · ${symptoms}`;
    }
    default:
      return kind;
  }
}
