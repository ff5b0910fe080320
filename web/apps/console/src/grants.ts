/** Grants in words: role, place, period. */
import type { GrantView, Role } from "@gridpass/api";
import { moment } from "./ages";
import { employerName, enclosureName, placeName } from "./places";
import { type Key, t } from "./words";

export const ROLES: Role[] = [
  "system_admin",
  "security_admin",
  "audit_admin",
  "data_desk",
  "rule_maker",
  "rule_approver",
  "gate_guard",
  "grid_worker",
  "team_worker",
  "team_doctor",
  "team_police",
  "community_lead",
  "subdistrict_officer",
  "employer_manager",
  "privacy_officer",
  "oversight",
];

export const roleName = (role: Role): string => t(`role_${role}` as Key);

/** Where a grant reaches, by name. */
export function placeOf(grant: GrantView): string {
  if (grant.enclosure_id) return enclosureName(grant.enclosure_id);
  if (grant.employer_id) return employerName(grant.employer_id);
  return placeName(grant.jurisdiction);
}

/** Until when, if it ends by itself. */
export const untilOf = (grant: GrantView): string =>
  grant.valid_until ? t("until", { time: moment(grant.valid_until) }) : t("until_ended");

/** What a field of a day and minute holds, as the instant it means in the district. */
export const instantOf = (field: string): string => new Date(`${field}:00+08:00`).toISOString();
