/** What a fact says, in words: evidence as people read it, not as it is stored. */
import type { Fact } from "@gridpass/api";
import { dayOf, moment } from "../ages";
import { kindOf } from "../catalogue";
import { cataloguedText, inWords } from "../catalogue-words";
import { employerName, enclosureName, placeName, areaName } from "../places";
import { type Key, t, words } from "../words";

/** A word of a closed list, or the word itself where a later version knows more than this page. */
export const say = (list: string, word: string): string => words.find(`${list}_${word}`) ?? word;

/** The kind: 居住, 密切接触, … */
export function factTitle(fact: Fact): string {
  const kind = kindOf(fact.kind);
  return kind ? inWords(kind.name) : say("fact", fact.kind);
}

/** The rest of it. */
export function factText(fact: Fact): string {
  switch (fact.kind) {
    case "case":
      return say("case", fact.status);
    case "quarantine":
      return [say("red_place", fact.place), t("days_from_to", { from: fact.start, to: fact.end })].join(" · ");
    case "contact":
      return [say("contact", fact.level), t("fact_last_day", { day: fact.last_exposed })].join(" · ");
    case "stay":
      return [areaName(fact.area) ?? placeName(fact.area), say("certainty", fact.certainty), t("fact_last_day", { day: fact.until })].join(
        " · ",
      );
    case "health":
      return healthText(fact.temperature ?? null, fact.symptoms ?? []);
    case "clearance":
      return t("fact_cleared", { time: moment(fact.at) });
    case "residence":
      return [enclosureName(fact.enclosure), say("residence", fact.status)].join(" · ");
    case "employment":
      return [employerName(fact.employer), say("employment", fact.status)].join(" · ");
    case "registry":
      return say("registry", fact.status);
    case "exemption":
      return t("days_from_to", { from: dayOf(fact.from), to: dayOf(fact.to) });
    case "gate_check":
      return t(fact.passed ? "fact_check_passed" : "fact_check_failed");
    default:
      return cataloguedText(fact, moment);
  }
}

function healthText(temperature: number | null, symptoms: string[]): string {
  const said = [temperature === null ? "" : `${temperature.toFixed(1)} ℃`, symptoms.join(words.language === "en" ? ", " : "、")];
  return said.filter(Boolean).join(" · ") || t("fact_healthy");
}

/** Where it came from, with the paper that stands behind it. */
export function factSource(fact: Fact): string {
  const source = words.find(`source_${fact.source}` as Key) ?? fact.source;
  if (!fact.evidence_kind || !fact.evidence_reference) return source;
  return `${source} · ${say("red_evidence", fact.evidence_kind)} ${fact.evidence_reference}`;
}
