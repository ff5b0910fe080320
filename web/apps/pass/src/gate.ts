/**
 * Arriving through a gate's own code: the phone's camera opened `/#g=CODE`.
 *
 * One question, in or out, then the server's word. A gate code counts only for seconds, so nothing
 * of it is kept.
 */
import { districtTimestamp } from "@gridpass/kit/age";
import { Problem } from "@gridpass/kit/problem";
import { type Action, scanGateCode } from "./calls";
import { h } from "./dom";
import { currentHolder, now_ms } from "./holder";
import { t, words } from "./words";

const LOOK: Record<Action, string> = { pass: "green", check: "yellow", stop: "red" };

/** The gate code of the address, taken out of the address bar at once. */
export function takeGateCode(): string | null {
  const found = /^#g=(.+)$/.exec(location.hash);
  if (!found?.[1]) return null;
  history.replaceState(null, "", location.pathname);
  return decodeURIComponent(found[1]);
}

/** The question; answers itself away after the scan. */
export function gateSection(gate_code: string): HTMLElement {
  const section = h("section", { class: "card gate", "aria-live": "assertive" });
  const go = async (direction: "in" | "out"): Promise<void> => {
    const token = currentHolder()?.token ?? "";
    try {
      const answer = await scanGateCode(token, { gate_code, direction, at: districtTimestamp(now_ms()) });
      section.className = `card gate on-${LOOK[answer.action]}`;
      section.replaceChildren(h("h2", {}, t(`gate_${answer.action}`)));
    } catch (error) {
      const text = error instanceof Problem ? error.text(words.language) : t("unreachable");
      section.replaceChildren(h("p", { class: "error" }, text));
    }
  };
  const button = (direction: "in" | "out"): HTMLElement =>
    h("button", { type: "button", class: "primary", click: () => void go(direction) }, t(`gate_${direction}`));
  section.append(h("h2", {}, t("gate_title")), h("div", { class: "two" }, button("in"), button("out")));
  return section;
}
