/** People written down at gates whom nobody has found. */
import type { RegisterEntry, RegisterEntryPage, RegisterEntryText } from "@gridpass/api";
import { get, post204 } from "@gridpass/staff/calls";

const LISTED_MAX = 200;

export const listRegisterEntries = (): Promise<RegisterEntryPage> => get(`register-entries?limit=${LISTED_MAX}`);

const pathOf = ({ gate_id, entry_id }: RegisterEntry): string => `gates/${gate_id}/register-entries/${entry_id}`;

/** What the guard wrote; each look is logged. */
export const getRegisterEntry = (entry: RegisterEntry): Promise<RegisterEntryText> => get(pathOf(entry));

/** It was this person; without one nobody can be found. */
export const settleRegisterEntry = (entry: RegisterEntry, person_id: number | null): Promise<unknown> =>
  post204(`${pathOf(entry)}/settle`, person_id === null ? { outcome: "not_found" } : { outcome: "known", person_id });
