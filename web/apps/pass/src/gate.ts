/**
 * Scanning a gate's own code: with this page's camera, or by arriving at `/#g=CODE`.
 *
 * One question, in or out, then the server's word. A gate code counts only for seconds, so nothing
 * of it is kept.
 */
import { minuteTime } from "@gridpass/kit/age";
import { Problem } from "@gridpass/kit/problem";
import { type Action, scanGateCode } from "./calls";
import { h } from "./dom";
import { currentHolder, now_ms } from "./holder";
import { refusalText, t } from "./words";

const LOOK: Record<Action, string> = { pass: "green", check: "yellow", stop: "red" };

/** The gate code in a text: a gate shows it bare, or behind the pass's own address. */
function gateCodeIn(text: string): string | null {
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

const LOOK_EVERY_MS = 150;
/** How long an answer stays on show. */
const ANSWER_MS = 120_000;

/** A button that opens the camera and, when it sees a gate's code, shows the question. */
export function gateScanner(): HTMLElement | null {
  if (!navigator.mediaDevices) return null;
  const video = h("video", { playsinline: true, muted: true, hidden: true });
  const said = h("p", { class: "error", role: "alert" });
  const button = h("button", { type: "button", class: "wide" }, t("gate_scan"));
  const section = h("section", { class: "scanner" }, button, video, said);
  const look = async (): Promise<void> => {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    try {
      // Phones differ in what they read by themselves; what it takes is fetched by who scans.
      const detect = await import("@gridpass/kit/reader").then(({ openReader }) => openReader());
      video.srcObject = stream;
      video.hidden = false;
      await video.play();
      while (section.isConnected) {
        const found = gateCodeIn((await detect(video).catch(() => null)) ?? "");
        if (found) {
          section.parentElement?.prepend(gateSection(found));
          scrollTo(0, 0);
          break;
        }
        await new Promise((wake) => setTimeout(wake, LOOK_EVERY_MS));
      }
    } finally {
      for (const track of stream.getTracks()) track.stop();
      video.hidden = true;
      button.disabled = false;
    }
  };
  button.addEventListener("click", () => {
    button.disabled = true;
    said.textContent = "";
    look().catch((error: unknown) => {
      button.disabled = false;
      said.textContent = t(error instanceof DOMException ? "gate_no_camera" : "unreachable");
    });
  });
  return section;
}

let asked: HTMLElement | null = null;

/** The question on show or its answer: a page that is built anew meanwhile shows it again. */
export const openQuestion = (): HTMLElement | null => asked;

/** The question; its answer is there for the guard to see, then goes away by itself. */
export function gateSection(gate_code: string): HTMLElement {
  const section = h("section", { class: "card gate", "aria-live": "assertive" });
  asked?.remove();
  asked = section;
  const endLater = (): void => {
    setTimeout(() => {
      section.remove();
      if (asked === section) asked = null;
    }, ANSWER_MS);
  };
  const go = async (direction: "in" | "out"): Promise<void> => {
    const token = currentHolder()?.token ?? "";
    try {
      const answer = await scanGateCode(token, { gate_code, direction });
      section.className = `card gate on-${LOOK[answer.action]}`;
      const at = h("p", {}, `${currentHolder()?.pass.name} ${minuteTime(now_ms())}`);
      section.replaceChildren(h("h2", {}, t(`gate_${answer.action}`)), at, h("p", {}, t("gate_show")));
    } catch (error) {
      const text = error instanceof Problem ? refusalText(error) : t("unreachable");
      section.replaceChildren(h("p", { class: "error" }, text));
    }
    endLater();
  };
  const button = (direction: "in" | "out"): HTMLElement =>
    h("button", { type: "button", class: "primary", click: () => void go(direction) }, t(`gate_${direction}`));
  section.append(h("h2", {}, t("gate_title")), h("div", { class: "two" }, button("in"), button("out")));
  return section;
}
