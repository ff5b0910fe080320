/**
 * The console's pages and who has them.
 *
 * The address behind # names the page, and after slashes what it shows, so that a reload stays
 * where it was. The server decides what anybody may do; this only spares people doors that are
 * closed to them.
 */
import { computed, ref } from "vue";
import { worksRed } from "./red";
import { mayDo } from "./rights";
import { seesNumbers, session, supervises } from "./session";
import type { Key } from "./words";

export type PageName =
  | "live"
  | "response"
  | "people"
  | "papers"
  | "gates"
  | "quarantine"
  | "appeals"
  | "red"
  | "risk"
  | "rules"
  | "holds"
  | "maps"
  | "supervision"
  | "staff"
  | "account";

/** Parts of the menu, in its order; one's own account stands below them. */
export const GROUPS = ["today", "people", "gates", "rules", "oversight"] as const;
export type Group = (typeof GROUPS)[number];

interface Page {
  name: PageName;
  title: Key;
  /** Where the menu has it; none for one's own account. */
  group?: Group;
  /** Whether the acting role has it; everybody when absent. */
  has?: () => boolean;
}

/** In the order of landing: a role begins at the first page that it has. */
export const PAGES: Page[] = [
  { name: "live", title: "page_live", group: "today", has: seesNumbers },
  { name: "response", title: "page_response", group: "today", has: () => mayDo("ReadAlerts") },
  { name: "people", title: "page_people", group: "people", has: () => mayDo("ReadPeople") },
  { name: "gates", title: "page_gates", group: "gates", has: () => mayDo("ManageGates") || mayDo("ReadShifts") || mayDo("InspectGates") },
  { name: "quarantine", title: "page_quarantine", group: "people", has: () => mayDo("ReadQuarantine") },
  { name: "appeals", title: "page_appeals", group: "people", has: () => mayDo("ReadAppeals") || mayDo("ReadAppealStats") },
  { name: "red", title: "page_red", group: "people", has: worksRed },
  { name: "papers", title: "page_papers", group: "people", has: () => mayDo("IssuePaperPasses") },
  { name: "rules", title: "page_rules", group: "rules", has: () => mayDo("ReadRules") },
  { name: "holds", title: "page_holds", group: "rules", has: () => mayDo("ReadHolds") },
  { name: "maps", title: "page_maps", group: "gates", has: () => mayDo("ManageMaps") },
  { name: "supervision", title: "supervision", group: "oversight", has: supervises },
  { name: "staff", title: "page_staff", group: "oversight", has: () => session.account?.role === "security_admin" },
  { name: "risk", title: "page_risk", group: "rules", has: () => mayDo("ReadDirectory") },
  { name: "account", title: "page_account" },
];

const asked = ref(location.hash.slice(1));
addEventListener("hashchange", () => {
  asked.value = location.hash.slice(1);
});

/** Pages the acting role has. */
export const ownPages = computed(() => PAGES.filter((page) => page.has?.() ?? true));

/** What of the page is asked for: `people/42` shows person 42. */
export const pageDetail = computed(() => asked.value.split("/")[1] ?? "");

/** Which part of that: `rules/3/cases` shows its cases. */
export const pagePart = computed(() => asked.value.split("/")[2] ?? "");

/** The page on show: the one asked for, or the role's first. */
export const currentPage = computed<PageName>(() => {
  const name = asked.value.split("/")[0];
  const found = ownPages.value.find((page) => page.name === name) ?? ownPages.value[0];
  return found?.name ?? "account";
});
