/** The pages, by the word behind # in the address. */
import { computed, ref } from "vue";
import type { Key } from "./words";

export const PAGES = {
  home: "home_title",
  family: "family_title",
  declare: "declare_title",
  print: "print_title",
  data: "data_title",
  notice: "notice_title",
  why: "why_title",
  install: "install_title",
} satisfies Record<string, Key>;

export type PageName = keyof typeof PAGES;

const asked = ref(location.hash.slice(1));
addEventListener("hashchange", () => {
  asked.value = location.hash.slice(1);
});

/** The page on show; home for an address that names none. */
export const currentPage = computed<PageName>(() => {
  const name = asked.value.split("/")[0] ?? "";
  return Object.hasOwn(PAGES, name) ? (name as PageName) : "home";
});
