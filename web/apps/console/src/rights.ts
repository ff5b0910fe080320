/**
 * What the acting role may do, by the server's names of permissions (docs/roles.md).
 *
 * The server decides; this only spares people doors that are closed to them.
 */
import type { Role } from "@gridpass/api";
import { session } from "./session";

const TEAM: Role[] = ["team_worker", "team_doctor", "team_police"];
const FIELD: Role[] = ["grid_worker", ...TEAM, "community_lead"];

const ROLES = {
  AppendMedicalFacts: ["team_doctor"],
  AssignAppeals: ["team_worker", "community_lead", "subdistrict_officer", "data_desk"],
  DecideAppeals: [...TEAM, "community_lead", "subdistrict_officer", "data_desk"],
  EnterAppeals: FIELD,
  EnterPeople: ["grid_worker", "community_lead"],
  ReadAlerts: [...TEAM, "community_lead", "subdistrict_officer"],
  ReadAppeals: [...FIELD, "subdistrict_officer", "data_desk"],
  ReadAppealStats: ["community_lead", "subdistrict_officer", "data_desk", "privacy_officer", "oversight"],
  ApproveRules: ["rule_approver"],
  BreakGlass: [...TEAM, "community_lead"],
  DecideHolds: ["data_desk", "rule_approver", "subdistrict_officer"],
  IssuePaperPasses: ["grid_worker", "community_lead"],
  ManageDivisions: ["system_admin", "data_desk"],
  ManageMaps: ["data_desk", "subdistrict_officer", "community_lead"],
  ManageGates: ["system_admin", "community_lead"],
  ManageDevices: ["system_admin", "community_lead", "employer_manager"],
  InspectGates: ["subdistrict_officer", "oversight"],
  SettleRegister: ["community_lead"],
  ManageRules: ["rule_maker"],
  OrderQuarantine: TEAM,
  ProposeRed: FIELD,
  ReadDirectory: [
    "system_admin",
    "security_admin",
    "audit_admin",
    "data_desk",
    "rule_maker",
    "rule_approver",
    "gate_guard",
    ...FIELD,
    "subdistrict_officer",
    "employer_manager",
    "privacy_officer",
    "oversight",
  ],
  ReadHolds: ["data_desk", "rule_maker", "rule_approver", "subdistrict_officer", "community_lead"],
  ReadImports: ["data_desk", "subdistrict_officer"],
  ReadPeople: FIELD,
  ReadQuarantine: [...TEAM, "community_lead"],
  ReadRedLists: [...TEAM, "community_lead", "subdistrict_officer", "data_desk"],
  ReadRules: ["system_admin", "data_desk", "rule_maker", "subdistrict_officer", "community_lead", "rule_approver"],
  ReadScans: TEAM,
  ReadShifts: ["community_lead", "subdistrict_officer", "employer_manager"],
  ReadVisits: ["grid_worker", "community_lead", "subdistrict_officer"],
  ReleaseImports: ["data_desk", "subdistrict_officer"],
  RunBackTests: ["rule_maker", "rule_approver"],
  SetRhythms: ["data_desk"],
} satisfies Record<string, Role[]>;

/** Whether the account acts in a role with this permission. */
export function mayDo(permission: keyof typeof ROLES): boolean {
  const role = session.account?.role;
  return role !== undefined && role !== null && (ROLES[permission] as Role[]).includes(role);
}
