/**
 * Scanning a gate's own code: with this page where the browser reads codes, or by arriving at
 * `/#g=CODE`.
 *
 * One question, in or out, then the server's word. A gate code counts only for seconds, so nothing
 * of it is kept.
 */
import { districtTimestamp, minuteTime } from "@gridpass/kit/age";
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

interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}

/** The browser's own reader of codes, if it has one. */
const Reader = (globalThis as { BarcodeDetector?: new (options: object) => Detector }).BarcodeDetector;

/** A button that opens the camera and, when it sees a gate's code, shows the question. */
export function gateScanner(): HTMLElement | null {
  if (!Reader || !navigator.mediaDevices) return null;
  const video = h("video", { playsinline: true, muted: true, hidden: true });
  const button = h("button", { type: "button", class: "wide" }, t("gate_scan"));
  const section = h("section", { class: "scanner" }, button, video);
  const look = async (): Promise<void> => {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.srcObject = stream;
    video.hidden = false;
    await video.play();
    const reader = new Reader({ formats: ["qr_code"] });
    while (section.isConnected) {
      const [found] = await reader.detect(video);
      if (found?.rawValue.startsWith("GPG1:")) {
        section.replaceWith(gateSection(found.rawValue));
        break;
      }
      await new Promise((wake) => setTimeout(wake, 150));
    }
    for (const track of stream.getTracks()) track.stop();
  };
  button.addEventListener("click", () => {
    button.disabled = true;
    look().catch(() => {
      button.textContent = t("gate_no_camera");
    });
  });
  return section;
}

/** The question; answers itself away after the scan. */
export function gateSection(gate_code: string): HTMLElement {
  const section = h("section", { class: "card gate", "aria-live": "assertive" });
  const go = async (direction: "in" | "out"): Promise<void> => {
    const token = currentHolder()?.token ?? "";
    try {
      const answer = await scanGateCode(token, { gate_code, direction, at: districtTimestamp(now_ms()) });
      section.className = `card gate on-${LOOK[answer.action]}`;
      const at = h("p", {}, `${currentHolder()?.pass.name} ${minuteTime(now_ms())}`);
      section.replaceChildren(h("h2", {}, t(`gate_${answer.action}`)), at, h("p", {}, t("gate_show")));
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
