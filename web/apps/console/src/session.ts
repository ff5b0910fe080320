/** What the account that is signed in does here; who it is, every app of staff keeps alike. */
import { session } from "@gridpass/staff/session";

export { session, setAccount, setSession } from "@gridpass/staff/session";

const ALERT_ROLES = new Set(["team_worker", "team_doctor", "team_police", "community_lead"]);

/** Whether the account works alerts; the server decides, this only spares it the question. */
export const worksAlerts = (): boolean => ALERT_ROLES.has(session.account?.role ?? "");

const NUMBER_ROLES = new Set([
  ...ALERT_ROLES,
  "data_desk",
  "subdistrict_officer",
  "grid_worker",
  "rule_maker",
]);

/** Whether the account reads counts; who does not begins with another page. */
export const seesNumbers = (): boolean => NUMBER_ROLES.has(session.account?.role ?? "");

const SUPERVISING_ROLES = new Set(["audit_admin", "privacy_officer", "oversight"]);

/** Whether the account watches over the use of data instead of working with it. */
export const supervises = (): boolean => SUPERVISING_ROLES.has(session.account?.role ?? "");

/** Whether the account decides on look-ups that stand out. */
export const reviewsLookups = (): boolean => session.account?.role === "privacy_officer";

/** Whether the account may ask the log about a person. */
export const seesPeople = (): boolean => session.account?.role !== "oversight";

const REVIEW_ROLES = new Set(["community_lead", "subdistrict_officer", "privacy_officer"]);

/** Whether the account looks at who lifted masks; the server decides. */
export const reviewsGlass = (): boolean => REVIEW_ROLES.has(session.account?.role ?? "");
