/** People in this person's care, each with a colour; a short form adds one. */
import { COLOURS, SHAPES } from "@gridpass/ui/shapes";
import type { PassView } from "./calls";
import { drawing, h } from "./dom";
import { currentHolder, refresh } from "./holder";
import { t } from "./words";

function relative(pass: PassView): HTMLElement {
  const colour = COLOURS.includes(pass.colour) ? pass.colour : "red";
  return h(
    "li",
    {},
    h("span", { class: `chip on-${colour}` }, drawing("0 0 24 24", SHAPES[colour]), t(colour)),
    h("span", {}, h("b", {}, pass.name), h("small", { class: "muted" }, pass.document_masked)),
  );
}

/** Whether somebody is being added: the page must not be built anew under the writer's hands. */
export const isFilling = (): boolean => document.querySelector(".family form:not([hidden])") !== null;

/** The form is loaded when somebody asks for it: most never do. */
async function makeForm(rebuild: () => void): Promise<HTMLFormElement> {
  const [{ applicantForm }, { addDependant }] = await Promise.all([import("./form"), import("./apply-calls")]);
  return applicantForm({
    submit: "family_save",
    purpose: "dependant",
    send: async ({ enclosure_id: _own, ...applicant }, key) => {
      await addDependant(currentHolder()?.token ?? "", applicant, key);
      await refresh();
      rebuild();
    },
  });
}

/** The list with its form, closed until asked for. */
export function familySection(pass: PassView, rebuild: () => void): HTMLElement {
  let form: HTMLFormElement | undefined;
  const place = h("div", { role: "status" });
  const opener = h("button", { type: "button", "aria-expanded": "false" }, t("family_add"));
  const flip = async (): Promise<void> => {
    if (!form) {
      form = await makeForm(rebuild);
      form.hidden = true;
      place.replaceWith(form);
    }
    form.hidden = !form.hidden;
    opener.setAttribute("aria-expanded", String(!form.hidden));
    opener.textContent = t(form.hidden ? "family_add" : "cancel");
    if (!form.hidden) form.querySelector("input")?.focus();
  };
  opener.addEventListener("click", () => {
    flip().catch(() => {
      place.textContent = t("unreachable");
    });
  });
  return h(
    "section",
    { class: "card family" },
    h("h2", {}, t("family")),
    pass.dependants.length > 0
      ? h("ul", {}, ...pass.dependants.map(relative))
      : h("p", { class: "muted" }, t("family_lead")),
    opener,
    place,
  );
}
