/** The pages, by the word behind # in the address; after slashes comes what they are about. */
import { computed, ref } from "vue";
import type { Key } from "./words";

export const PAGES = {
  home: "home_title",
  diary: "diary_title",
  family: "family_title",
  declare: "declare_title",
  print: "print_title",
  address: "address_title",
  data: "data_title",
  notice: "notice_title",
  why: "why_title",
  appeals: "appeals_title",
  object: "object_title",
  appeal: "appeal_title",
  install: "install_title",
} satisfies Record<string, Key>;

export type PageName = keyof typeof PAGES;

/** Where "back" leads from a page that lies below another; from all others it leads home. */
const ABOVE: Partial<Record<PageName, PageName>> = { object: "appeals", appeal: "appeals" };

const asked = ref(location.hash.slice(1));
addEventListener("hashchange", () => {
  asked.value = location.hash.slice(1);
});

/** The page on show; home for an address that names none. */
export const currentPage = computed<PageName>(() => {
  const name = asked.value.split("/")[0] ?? "";
  return Object.prototype.hasOwnProperty.call(PAGES, name) ? (name as PageName) : "home";
});

/** What the page is about: `appeal/7` shows appeal 7. */
export const pageParts = computed(() => asked.value.split("/").slice(1));

export const pageAbove = computed<PageName>(() => ABOVE[currentPage.value] ?? "home");

/** Goes to a page. */
export function goTo(page: PageName, ...parts: (string | number)[]): void {
  location.hash = [page, ...parts].join("/");
}
