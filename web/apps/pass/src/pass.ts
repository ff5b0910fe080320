/**
 * The pass itself: what a holder shows at a gate.
 *
 * Colour, word and shape first, then the code, then who it is, then why and what to do. Once built
 * only the time, the code and the age change; a new answer from the server builds it anew.
 */
import { ageOf, clockTime, dayName, minuteTime } from "@gridpass/kit/age";
import { qrPath } from "@gridpass/kit/qr";
import { type Colour, SHAPES } from "@gridpass/ui/shapes";
import type { PassView } from "./calls";
import { drawing, h } from "./dom";
import { familySection } from "./family";
import { code, currentHolder, currentPhoto, isReachable, leave as endHere, now_ms, refresh } from "./holder";
import { changePhoto } from "./photo";
import { gateScanner } from "./scan";
import { type Key, t, words } from "./words";

const CODE_LIFE_MS = 30_000;
const REFRESH_EVERY_MS = 300_000;

const message = (pass: PassView): string => words.say(pass.message_zh, pass.message_en);

const advice = (pass: PassView): string =>
  words.find(`do_${pass.reason}`) ?? t(`do_${pass.colour}` as Key);

/** Colour, word and shape, with a running clock: a still picture of it gives itself away. */
function sign(colour: Colour, clock: Node): HTMLElement {
  return h(
    "section",
    { class: `sign on-${colour}`, "aria-labelledby": "colour" },
    drawing("0 0 24 24", SHAPES[colour]),
    h("h1", { id: "colour" }, t(colour), h("span", {}, t(`${colour}_action`))),
    clock,
  );
}

function portrait(rebuild: () => void): HTMLElement {
  const blob = currentPhoto();
  const note = h("span", { class: "error note", role: "alert" });
  const pick = async (event: Event): Promise<void> => {
    const file = (event.target as HTMLInputElement).files?.[0];
    if (!file) return;
    await changePhoto(file).then(rebuild, () => {
      note.textContent = t("photo_failed");
    });
  };
  const input = h("input", {
    type: "file",
    accept: "image/*",
    class: "unseen",
    "aria-label": t(blob ? "photo_change" : "photo_add"),
    change: (event) => void pick(event),
  });
  const picture = blob && h("img", { src: URL.createObjectURL(blob), alt: t("photo") });
  return h("label", { class: "portrait" }, picture ?? h("span", {}, t("photo_add")), input, note);
}

function identity(pass: PassView, rebuild: () => void): HTMLElement {
  const line = (key: Key, value: string | null | undefined): HTMLElement =>
    h("div", {}, h("dt", {}, t(key)), h("dd", {}, value ?? t("none")));
  return h(
    "section",
    { class: "card who" },
    portrait(rebuild),
    h(
      "div",
      {},
      h("h2", {}, pass.name),
      h("p", { class: "number" }, pass.document_masked),
      h("dl", {}, line("residence", pass.residence), line("workplace", pass.workplace)),
    ),
  );
}

function speak(pass: PassView): void {
  const said = [t(pass.colour), t(`${pass.colour}_action`), message(pass), advice(pass)];
  const utterance = new SpeechSynthesisUtterance(said.join("。"));
  // Who reads Traditional Chinese at this border hears Cantonese.
  utterance.lang = words.language === "zh-Hant" ? "zh-HK" : words.language;
  speechSynthesis.cancel();
  speechSynthesis.speak(utterance);
}

function reasons(pass: PassView): HTMLElement {
  const until = pass.valid_until ? Date.parse(pass.valid_until) : null;
  return h(
    "section",
    { class: `card why soft-${pass.colour}` },
    h("h2", {}, t("why")),
    h("p", {}, message(pass)),
    h("h2", {}, t("what_helps")),
    h("p", {}, advice(pass)),
    // Under observation there is a diary to keep, and somebody to ask for things.
    pass.reason === "quarantine" && h("a", { class: "button", href: "/my/#diary" }, t("diary")),
    until !== null && h("p", { class: "muted" }, t("until", { time: `${dayName(until, words.language)} ${minuteTime(until)}` })),
    "speechSynthesis" in window &&
      h("button", { type: "button", class: "aloud", click: () => speak(pass) }, t("read_aloud")),
  );
}

/** Whether the code is on show as large as the screen; a page that is built anew shows it so again. */
let large = false;
/** Whether the code has run out for want of a network. */
let ranOut = false;

/** The code's frame; `renew` draws a new code into it. */
function codeFrame(): { frame: HTMLElement; renew(): Promise<void> } {
  const place = h("div", { class: "code" });
  const bar = h("div", { class: "bar", "aria-hidden": "true" });
  const hint = h("p", {}, h("strong", {}, t("qr_hint")), ` ${t("qr_renews")}`);
  const renew = async (): Promise<void> => {
    const now = await code();
    ranOut = now.state === "expired";
    if (now.state !== "ready") {
      place.replaceChildren(h("p", {}, t(now.state === "wait" ? "qr_wait" : "qr_expired")));
      bar.hidden = true;
      return;
    }
    const { size, d } = qrPath(now.text);
    const svg = drawing(`-4 -4 ${size + 8} ${size + 8}`, d, t("qr"));
    svg.setAttribute("shape-rendering", "crispEdges");
    // What the square says, for whoever cannot scan it and for the browser tests.
    svg.dataset["code"] = now.text;
    place.replaceChildren(svg);
    bar.hidden = false;
    bar.replaceChildren(h("i"));
  };
  const frame = h("section", { class: "card qr" }, place, bar, hint);
  frame.classList.toggle("large", large);
  const resize = (): void => {
    large = frame.classList.toggle("large");
  };
  const grow = h("button", { type: "button", class: "plain", click: resize }, t("qr_large"));
  frame.append(grow);
  return { frame, renew };
}

function ageLine(rebuild: () => void): { line: HTMLElement; tick(): void } {
  const age = h("span", { class: "age" });
  const again = h("button", { type: "button", class: "plain" }, t("refresh"));
  const offline = h("strong", { hidden: true, role: "status" });
  const tick = (): void => {
    offline.hidden = isReachable();
    offline.textContent = t(ranOut ? "offline_over" : "offline");
    const { unit, count } = ageOf(Date.now() - (currentHolder()?.updated_ms ?? 0));
    age.textContent = t(`updated_${unit}`, { count });
    age.classList.toggle("stale", unit === "days" || unit === "hours");
  };
  again.addEventListener("click", () => {
    again.disabled = true;
    const settle = (changed: boolean): void => {
      again.disabled = false;
      if (changed || !currentHolder()) rebuild();
      tick();
    };
    refresh().then(settle, () => settle(false));
  });
  return { line: h("p", { class: "fresh" }, offline, age, again), tick };
}

/** A button that loads what was told to the holder. */
function noticesSection(): HTMLElement {
  const section = h("section", { class: "card family" });
  const open = (): void => {
    import("./notices").then(
      ({ fillNotices }) => fillNotices(section),
      () => section.replaceChildren(t("unreachable")),
    );
  };
  section.append(h("button", { type: "button", click: open }, t("notices")));
  return section;
}

/** Builds the pass. The second value stops its clock. */
export function passPage(rebuild: () => void): [HTMLElement, () => void] {
  const pass = currentHolder()?.pass;
  if (!pass) throw new Error("no pass to show");
  const time = h("time", {});
  const day = h("span", { class: "day" });
  const { frame, renew } = codeFrame();
  const { line, tick: tickAge } = ageLine(rebuild);
  let code_ms = 0;
  let asked_ms = Date.now();
  const tick = (): void => {
    const now = now_ms();
    time.textContent = clockTime(now);
    day.textContent = dayName(now, words.language);
    tickAge();
    if (Date.now() - code_ms >= CODE_LIFE_MS || Date.now() < code_ms) {
      code_ms = Date.now();
      void renew();
    }
    if (Date.now() - asked_ms >= REFRESH_EVERY_MS && !document.hidden) {
      asked_ms = Date.now();
      // What is open in the queue stays open while nothing changes.
      refresh().then((changed) => (changed ? rebuild() : tickAge()), tickAge);
    }
  };
  tick();
  const timer = setInterval(tick, 1000);
  const leave = async (): Promise<void> => {
    if (!confirm(t("forget_sure"))) return;
    await endHere();
    rebuild();
  };
  const page = h(
    "main",
    {},
    sign(pass.colour, h("p", { class: "clock" }, time, day)),
    frame,
    ...[gateScanner()].filter((scanner) => scanner !== null),
    identity(pass, rebuild),
    ...(pass.home_asked ? [h("a", { class: "card button wide", href: "/my/#address" }, t("home_ask"))] : []),
    reasons(pass),
    line,
    familySection(pass),
    noticesSection(),
    h("a", { class: "button wide", href: "/my/" }, t("services")),
    h("p", { class: "leave" }, h("button", { type: "button", class: "plain", click: () => void leave() }, t("forget"))),
  );
  return [page, () => clearInterval(timer)];
}
