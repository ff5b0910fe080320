/**
 * What may be proposed, by whom, and on which paper: the closed list, as the form offers it.
 *
 * The server holds the list (crates/rules/src/red.rs) and has the last word.
 */
import type { EvidenceKind, NewProposal, QuarantinePlace, RedReason } from "@gridpass/api";
import { dayFromNow } from "../ages";
import { instantOf } from "../grants";
import { may } from "../red";

export type What = "order" | "case_confirmed" | "case_suspected" | "close_contact" | "epidemic_area" | "fever";

export const EVIDENCE: Record<What, EvidenceKind[]> = {
  order: ["order_document"],
  case_confirmed: ["lab_report"],
  case_suspected: ["lab_report", "investigation"],
  close_contact: ["investigation", "registry_import"],
  epidemic_area: ["investigation", "registry_import", "visit"],
  fever: ["device_reading"],
};

export const ORDER_REASONS: RedReason[] = [
  "close_contact",
  "case_suspected",
  "case_confirmed",
  "secondary_contact",
  "epidemic_area",
  "fever",
  "symptoms",
];

/** What the acting role may propose: orders are the team's, what a doctor answers for a doctor's. */
export function offered(): What[] {
  const always: What[] = ["epidemic_area", "fever"];
  const medical: What[] = ["case_confirmed", "case_suspected", "close_contact"];
  return [...(may.order() ? (["order"] as What[]) : []), ...(may.medical() ? medical : []), ...always];
}

/** Days that a case counts at most without being entered again. */
export const CASE_DAYS_MAX = 30;

export interface ProposeFields {
  what: What;
  place: QuarantinePlace;
  reason: RedReason;
  end: string;
  until: string;
  last: string;
  area: string;
  temperature: string;
  taken: string;
}

export const emptyFields = (what: What): ProposeFields => ({
  what,
  place: "home",
  reason: "close_contact",
  end: dayFromNow(14),
  until: dayFromNow(CASE_DAYS_MAX),
  last: dayFromNow(-1),
  area: "",
  temperature: "",
  taken: "",
});

export function measureOf(fields: ProposeFields): NewProposal["measure"] {
  switch (fields.what) {
    case "order":
      return { step: "start_quarantine", place: fields.place, start: dayFromNow(0), end: fields.end };
    case "case_confirmed":
      return { step: "fact", fact: { kind: "case", status: "confirmed" } };
    case "case_suspected":
      return { step: "fact", fact: { kind: "case", status: "suspected" } };
    case "close_contact":
      return { step: "fact", fact: { kind: "contact", level: "close", last_exposed: fields.last } };
    case "epidemic_area":
      return { step: "fact", fact: { kind: "stay", area: fields.area, risk: "high", until: fields.last, certainty: "confirmed" } };
    case "fever": {
      const temperature = Number(fields.temperature);
      return { step: "fact", fact: { kind: "health", at: instantOf(fields.taken), temperature, symptoms: [] } };
    }
  }
}

/** Whether an end is chosen with the measure; other facts have an end of their own. */
export const choosesEnd = (what: What): boolean => what === "case_confirmed" || what === "case_suspected";
