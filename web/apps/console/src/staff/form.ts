/** What the forms of the security administrator hold, and what of it is sent. */
import type { GrantInput, Role } from "@gridpass/api";
import { instantOf } from "../grants";
import { session } from "../session";

export interface GrantForm {
  role: Role;
  reach: "division" | "enclosure" | "employer";
  /** Division, or the number of the enclosure or employer; empty is all that the giver reaches. */
  place: string;
  until: string;
}

export const emptyGrant = (): GrantForm => ({ role: "grid_worker", reach: "division", place: "", until: "" });

/** Roles that may be given for one enclosure or employer; the server decides. */
export const isNarrow = (role: Role): boolean => role === "gate_guard" || role === "employer_manager";

/** The part of a grant that says where and until when. */
export function placeInput(form: GrantForm): Pick<GrantInput, "jurisdiction" | "enclosure_id" | "employer_id" | "valid_until"> {
  const place = form.place.trim();
  const until = form.until ? { valid_until: instantOf(form.until) } : {};
  if (form.reach === "enclosure") return { enclosure_id: Number(place), ...until };
  if (form.reach === "employer") return { employer_id: Number(place), ...until };
  return { jurisdiction: place || (session.account?.jurisdiction ?? ""), ...until };
}

const LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";

/** A first password that nobody thought of: four groups of four. */
export function drawPassword(): string {
  const drawn: string[] = [];
  // Bytes above the last whole multiple are thrown away, so that each letter is equally likely.
  const fair = 256 - (256 % LETTERS.length);
  while (drawn.length < 16) {
    for (const byte of crypto.getRandomValues(new Uint8Array(32)))
      if (byte < fair && drawn.length < 16) drawn.push(LETTERS[byte % LETTERS.length] ?? "");
  }
  return drawn.join("").replace(/(.{4})(?=.)/g, "$1-");
}
