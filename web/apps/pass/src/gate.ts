/**
 * Scanning a gate's own code: with this page's camera, or by arriving at `/#g=CODE`.
 *
 * One question, in or out, then the server's word. A gate code counts only for seconds, so nothing
 * of it is kept.
 */
import { minuteTime } from "@gridpass/kit/age";
import { Problem } from "@gridpass/kit/problem";
import { openReader } from "@gridpass/kit/reader";
import { type Action, scanGateCode } from "./calls";
import { h } from "./dom";
import { currentHolder, now_ms } from "./holder";
import { gateCodeIn } from "./scan";
import { refusalText, t } from "./words";

const LOOK: Record<Action, string> = { pass: "green", check: "yellow", stop: "red" };

const LOOK_EVERY_MS = 150;
/** How long an answer stays on show. */
const ANSWER_MS = 120_000;

/** Opens the camera in a section until it sees a gate's code, or the section is gone. */
export async function lookForGate(section: HTMLElement): Promise<string | null> {
  const video = h("video", { playsinline: true, muted: true });
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  try {
    // Phones differ in what they read by themselves; what it takes is fetched by who scans.
    const detect = await openReader();
    video.srcObject = stream;
    section.append(video);
    await video.play();
    while (section.isConnected) {
      const found = gateCodeIn((await detect(video).catch(() => null)) ?? "");
      if (found) return found;
      await new Promise((wake) => setTimeout(wake, LOOK_EVERY_MS));
    }
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.remove();
  }
}

/** The question in its section; its answer is there for the guard to see, then `end` takes it away. */
export function fillQuestion(section: HTMLElement, gate_code: string, end: () => void): void {
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
    setTimeout(end, ANSWER_MS);
  };
  const button = (direction: "in" | "out"): HTMLElement =>
    h("button", { type: "button", class: "primary", click: () => void go(direction) }, t(`gate_${direction}`));
  section.replaceChildren(h("h2", {}, t("gate_title")), h("div", { class: "two" }, button("in"), button("out")));
}
