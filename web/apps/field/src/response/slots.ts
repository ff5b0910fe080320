/** Which check of a person is asked for, and how pressing it is. Pure. */
import type { ObservedPage, ObservedPerson } from "@gridpass/api";

type Part = NonNullable<ObservedPage["part"]>;

/** `late` or `missing` when the check asked for now is not there; empty otherwise. */
export function stateOf(person: ObservedPerson, part: Part | null): "late" | "missing" | "" {
  if (!part) return "";
  const { state } = person[part];
  return state === "late" || state === "missing" ? state : "";
}

/** Late before missing before there; among equals, who has something else open. */
export function urgency(person: ObservedPerson, part: Part | null): number {
  const state = stateOf(person, part);
  return (state === "late" ? 4 : state === "missing" ? 2 : 0) + (person.needs_open > 0 ? 1 : 0);
}
