/** People in this person's care, each with a colour; their cards come when asked for. */
import { COLOURS, SHAPES } from "@gridpass/ui/shapes";
import type { PassView } from "./calls";
import { drawing, h } from "./dom";
import { t } from "./words";

/** A colour as a word with its shape; one that is not known counts as red. */
export function chip(pass: PassView): HTMLElement {
  const colour = COLOURS.includes(pass.colour) ? pass.colour : "red";
  return h("span", { class: `chip on-${colour}` }, drawing("0 0 24 24", SHAPES[colour]), t(colour));
}

const relative = (pass: PassView): HTMLElement =>
  h("li", {}, chip(pass), h("span", {}, h("b", {}, pass.name), h("small", { class: "muted" }, pass.document_masked)));

/** Whether the cards are on show; a page that is built anew shows them again. */
let opened = false;

/** The list, a button for the cards, and the way to where families are looked after. */
export function familySection(pass: PassView): HTMLElement {
  const section = h("section", { class: "card family" }, h("h2", {}, t("family")));
  const open = (): void => {
    opened = true;
    import("./cards").then(
      ({ fillCards }) => fillCards(section),
      () => section.append(t("unreachable")),
    );
  };
  const some = pass.dependants.length > 0;
  section.append(
    some ? h("ul", {}, ...pass.dependants.map(relative)) : h("p", { class: "muted" }, t("family_lead")),
    some ? h("button", { type: "button", click: open }, t("family_cards")) : "",
    h("a", { class: "button", href: "/my/#family" }, t("family_manage")),
  );
  if (opened && some) open();
  return section;
}
