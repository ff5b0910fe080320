/**
 * The gate table for when nobody can be asked: worked out by the server for every situation at this
 * gate, looked up here. What the person has to do with the gate is not in the snapshot; where it
 * matters, the guard asks.
 */
import type { Colour, DeviceTable, Direction, TableRow } from "@gridpass/api";

export type Relation = TableRow["relation"];
export const RELATIONS: readonly Relation[] = ["lives_here", "works_here", "visitor"];

export const FEVER_C = 37.3;

/** What a scan knows without network. */
export interface Situation {
  colour: Colour;
  direction: Direction;
  temperature?: number | null | undefined;
}

export type Answer = Pick<TableRow, "action" | "gate_reason" | "checks">;

let table: DeviceTable | null = null;

export const useTable = (newer: DeviceTable | null): void => {
  table = newer;
};

/** Before any table was fetched: the colours' plain meaning, and a fever stops. */
function plain({ colour, temperature }: Situation): Answer {
  if ((temperature ?? 0) >= FEVER_C) return { action: "stop", gate_reason: "fever", checks: [] };
  if (colour === "green") return { action: "pass", gate_reason: "green", checks: [] };
  if (colour === "red") return { action: "stop", gate_reason: "red", checks: [] };
  return { action: "check", gate_reason: "yellow", checks: ["travel_history", "key_facts"] };
}

/** What the table says to somebody of this relation. */
export function answerFor(situation: Situation, relation: Relation): Answer {
  const fever = (situation.temperature ?? 0) >= FEVER_C;
  const row = table?.rows.find(
    (one) =>
      one.colour === situation.colour &&
      one.direction === situation.direction &&
      one.relation === relation &&
      one.fever === fever,
  );
  return row ?? plain(situation);
}

/** What the table says; null where it depends on what the person has to do with the gate. */
export function answerOf(situation: Situation): Answer | null {
  const [first, ...others] = RELATIONS.map((relation) => answerFor(situation, relation));
  return first && others.every((one) => one.action === first.action) ? first : null;
}
