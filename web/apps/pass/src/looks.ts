/** Who looked at this person's data: asked for only when somebody wants to know. */
import { dayName, minuteTime } from "@gridpass/kit/age";
import { groupLooks } from "@gridpass/kit/looks";
import { listOwnLookups, type LookView } from "./calls";
import { h } from "./dom";
import { currentHolder } from "./holder";
import { t, words } from "./words";

function line(looks: [LookView, ...LookView[]]): HTMLElement {
  const [look] = looks;
  const english = words.language === "en";
  const at = Date.parse(look.at);
  const who = [look.unit, english ? look.role : look.role_zh].filter(Boolean).join(" · ");
  const purposes = new Set(looks.map((one) => (english ? one.purpose : one.purpose_zh)));
  const what = `${t(look.changed ? "looks_changed" : "looks_shown")}${[...purposes].join(english ? "; " : "；")}`;
  return h(
    "li",
    {},
    h("b", {}, who),
    h("span", {}, what),
    h("small", { class: "muted" }, `${dayName(at, words.language)} ${minuteTime(at)}`),
  );
}

/** Closed at first; opening it asks the server anew each time. */
export function looksSection(): HTMLElement {
  const body = h("div", { "aria-live": "polite" });
  const section = h("details", { class: "card looks" }, h("summary", {}, t("looks_title")), body);
  section.addEventListener("toggle", () => {
    if (!section.open) return;
    body.replaceChildren(h("p", { class: "muted" }, t("loading")));
    listOwnLookups(currentHolder()?.token ?? "").then(
      ({ items }) =>
        body.replaceChildren(
          h("p", { class: "muted" }, t(items.length ? "looks_lead" : "looks_none")),
          h("ul", {}, ...groupLooks(items).map(line)),
        ),
      () => body.replaceChildren(h("p", { class: "error", role: "alert" }, t("unreachable"))),
    );
  });
  return section;
}
