/**
 * The tabs at the foot of the screen and who has them; a role's first tab is where it starts.
 *
 * The address behind # names the tab, and after slashes what it shows, so that a phone that threw
 * the page away to save its battery comes back to where it was. The server decides what anybody
 * may do; this only spares people doors that are closed to them.
 */
import type { Role } from "@gridpass/api";
import { session } from "@gridpass/staff/session";
import { type Component, computed, ref } from "vue";
import HomePage from "./HomePage.vue";
import LeadsPage from "./leads/LeadsPage.vue";
import MePage from "./me/MePage.vue";
import { responseTabs } from "./response/tabs";
import StopsPage from "./stops/StopsPage.vue";
import type { Key } from "./words";

export interface Tab {
  name: string;
  title: Key;
  /** One path in a 24 × 24 box. */
  icon: string;
  page: Component;
  /** Roles that have it; everybody when absent. */
  roles?: Role[];
  /** How much there waits for an answer. */
  count?: () => number;
}

const WORKS: Role[] = ["grid_worker", "community_lead"];
const LEADS: Role[] = ["community_lead", "subdistrict_officer"];

const ICON_STOPS = "M5 21V3h9v4h5v14h-6v-4h-2v4ZM8 6v2h3V6Zm0 4v2h3v-2Zm6 0v2h2v-2Z";
const ICON_LEADS = "M4 4h16v3H4Zm0 6.5h16v3H4ZM4 17h10v3H4Z";
const ICON_HOME = "M12 3 3 10.5V21h6v-6h6v6h6V10.5Z";
const ICON_ME = "M12 3a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9ZM3.5 21a8.5 7 0 0 1 17 0Z";

/** In order: a role starts with the first it has. */
export const TABS: Tab[] = [
  { name: "leads", title: "tab_leads", icon: ICON_LEADS, page: LeadsPage, roles: LEADS },
  { name: "stops", title: "tab_stops", icon: ICON_STOPS, page: StopsPage, roles: WORKS },
  ...responseTabs,
  { name: "home", title: "tab_home", icon: ICON_HOME, page: HomePage },
  { name: "me", title: "tab_me", icon: ICON_ME, page: MePage },
];

const asked = ref(location.hash.slice(1));
addEventListener("hashchange", () => {
  asked.value = location.hash.slice(1);
});

const has = ({ roles }: Tab): boolean => !roles || Boolean(session.account?.role && roles.includes(session.account.role));

/** Tabs the acting role has; the greeting only where there is nothing to do. */
export const ownTabs = computed(() => {
  const own = TABS.filter(has);
  return own.some((tab) => tab.roles) ? own.filter((tab) => tab.name !== "home") : own;
});

/** Whether the acting role goes to doors itself. */
export const mayWork = computed(() => WORKS.some((role) => role === session.account?.role));

/** What the address says after the tab: `stops/42/door` gives `["42", "door"]`. */
export const parts = computed(() => asked.value.split("/").slice(1).map(decodeURIComponent));

/** The tab on show: the one asked for, or the role's first. */
export const currentTab = computed<Tab>(() => {
  const name = asked.value.split("/")[0];
  return ownTabs.value.find((tab) => tab.name === name) ?? ownTabs.value[0]!;
});

/** Goes to a tab, and to a part of it. */
export function go(name: string, ...rest: (string | number)[]): void {
  location.hash = [name, ...rest.map((part) => encodeURIComponent(part))].join("/");
}
