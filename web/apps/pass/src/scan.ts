/**
 * Where scanning a gate's own code begins: the code an address brings, and the button of this
 * page's camera. What follows needs the server anyway, so it is loaded by who scans.
 */
import { h } from "./dom";
import { t } from "./words";

/** The gate code in a text: a gate shows it bare, or behind the pass's own address. */
export function gateCodeIn(text: string): string | null {
  if (text.startsWith("GPG1:")) return text;
  const found = /#g=(.+)$/.exec(text)?.[1];
  try {
    return found ? decodeURIComponent(found) : null;
  } catch {
    // Cut off or damaged on its way here.
    return null;
  }
}

/** The gate code of the address, taken out of the address bar at once. */
export function takeGateCode(): string | null {
  const found = gateCodeIn(location.hash);
  if (location.hash.startsWith("#g=")) history.replaceState(null, "", location.pathname);
  return found;
}

let asked: HTMLElement | null = null;

/** The question on show or its answer: a page that is built anew meanwhile shows it again. */
export const openQuestion = (): HTMLElement | null => asked;

/** Asks about a gate's code above the page; the answer is there for the guard to see, then goes. */
export function askGate(gate_code: string): HTMLElement {
  const section = h("section", { class: "card gate", "aria-live": "assertive" }, h("p", {}, t("loading")));
  asked?.remove();
  asked = section;
  const end = (): void => {
    section.remove();
    if (asked === section) asked = null;
  };
  import("./gate").then(
    ({ fillQuestion }) => fillQuestion(section, gate_code, end),
    () => section.replaceChildren(h("p", { class: "error" }, t("unreachable"))),
  );
  return section;
}

/** A button that opens the camera and, when it sees a gate's code, shows the question. */
export function gateScanner(): HTMLElement | null {
  if (!navigator.mediaDevices) return null;
  const said = h("p", { class: "error", role: "alert" });
  const button = h("button", { type: "button", class: "wide" }, t("gate_scan"));
  const section = h("section", { class: "scanner" }, button, said);
  button.addEventListener("click", () => {
    button.disabled = true;
    said.textContent = "";
    import("./gate")
      .then(({ lookForGate }) => lookForGate(section))
      .then(
        (found) => {
          if (!found) return;
          section.parentElement?.prepend(askGate(found));
          scrollTo(0, 0);
        },
        (error: unknown) => {
          said.textContent = t(error instanceof DOMException ? "gate_no_camera" : "unreachable");
        },
      )
      .then(() => {
        button.disabled = false;
      });
  });
  return section;
}
