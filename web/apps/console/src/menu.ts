/**
 * The menu: the acting role's pages in their groups, and whether there is room for it beside the page.
 *
 * On a desk it stands at the side; on a phone a button at the head of the page opens it.
 */
import { computed, ref } from "vue";
import { GROUPS, ownPages } from "./pages";

/** Whether the menu of a phone is open. */
export const opened = ref(false);

/** As wide as where the style sheets make room for it. */
const room = matchMedia("(min-width: 64.01rem)");
export const wide = ref(room.matches);
room.addEventListener("change", () => {
  wide.value = room.matches;
  opened.value = false;
});

/** Groups with pages in them; nobody sees an empty one. */
export const ownGroups = computed(() =>
  GROUPS.map((name) => ({ name, pages: ownPages.value.filter((page) => page.group === name) })).filter(
    ({ pages }) => pages.length > 0,
  ),
);

/** Whether a page that is still being fetched takes the focus when it comes. */
let awaited = false;

/** From the menu to the head of the page, past all the links. */
export function toPage(): void {
  const head = document.querySelector<HTMLElement>("h1");
  awaited = head === null;
  head?.focus();
}

/** A page has come. */
export function arrived(): void {
  if (awaited) toPage();
}
