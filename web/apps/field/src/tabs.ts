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
import MePage from "./me/MePage.vue";
import { responseTabs } from "./response/tabs";
import type { Key } from "./words";

export interface Tab {
  name: string;
  title: Key;
  /** One path in a 24 × 24 box. */
  icon: string;
  page: Component;
  /** Roles that have it; everybody when absent. */
  roles?: Role[];
}

const ICON_HOME = "M12 3 3 10.5V21h6v-6h6v6h6V10.5Z";
const ICON_ME = "M12 3a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9ZM3.5 21a8.5 7 0 0 1 17 0Z";

/** In order: a role starts with the first it has. */
export const TABS: Tab[] = [
  ...responseTabs,
  { name: "home", title: "tab_home", icon: ICON_HOME, page: HomePage },
  { name: "me", title: "tab_me", icon: ICON_ME, page: MePage },
];

const asked = ref(location.hash.slice(1));
addEventListener("hashchange", () => {
  asked.value = location.hash.slice(1);
});

/** Tabs the acting role has. */
export const ownTabs = computed(() =>
  TABS.filter(({ roles }) => !roles || (session.account?.role && roles.includes(session.account.role))),
);

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
