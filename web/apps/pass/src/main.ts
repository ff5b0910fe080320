/** Start: keep the page for a day without a server, then show the pass, or the form. */
import "@gridpass/kit/old";
import "@gridpass/ui/tokens.css";
import "@gridpass/ui/base.css";
import "./pass.css";
import { remember, remembered } from "@gridpass/kit/remembered";
import { LANGUAGE_NAMES, type Language } from "@gridpass/kit/words";
import { h, show } from "./dom";
import { currentHolder, load, refresh, tellLeft, whyLost } from "./holder";
import { passPage } from "./pass";
import { askGate, openQuestion, takeGateCode } from "./scan";
import { t, words } from "./words";

const ELDER = "gridpass.elder";
const root = document.documentElement;
let stopClock = (): void => undefined;
let gateCode = takeGateCode();
/** A gate's code counts for a minute; applying takes longer. */
const GATE_CODE_MS = 60_000;
let gateCode_ms = Date.now();
let note = "";
let showsPass = false;

/** Where the form turns into the pass or back, what matters is at the top: nobody looks for it below. */
function turnTo(pass: boolean): void {
  if (showsPass !== pass) scrollTo(0, 0);
  showsPass = pass;
}

function topBar(): HTMLElement {
  const elder = root.classList.contains("elder");
  const flipElder = (): void => {
    root.classList.toggle("elder");
    remember(ELDER, elder ? "" : "1");
    // The form only grows; the pass is made anew, because it reads itself aloud.
    if (currentHolder()) render();
    else document.querySelector("header")?.replaceWith(topBar());
  };
  /** Words that cannot be fetched now leave the language as it is. */
  const speak = (language: Language): void => void words.use(language).then(render, () => undefined);
  const button = (text: string, click: () => void, lang?: string): HTMLElement =>
    h("button", { type: "button", class: "plain", click, lang }, text);
  return h(
    "header",
    {},
    h("strong", {}, t("title")),
    button(t(elder ? "normal" : "elder"), flipElder),
    ...words.offered
      .filter((language) => language !== words.language)
      .map((language) => button(LANGUAGE_NAMES[language], () => speak(language), language)),
  );
}

type Filled = HTMLInputElement | HTMLSelectElement;
const fields = (): Filled[] => [...document.querySelectorAll<Filled>("form input, form select")];

/** The form is loaded only for who has no pass yet. In another language it keeps what was typed. */
async function renderApply(): Promise<void> {
  const typed = new Map(fields().map(({ id, value }) => [id, value]));
  show(topBar(), h("main", {}, h("p", { class: "muted" }, t("loading"))));
  const again = h("button", { type: "button", click: () => render() }, t("refresh"));
  const page = await import("./apply").then(
    ({ applyPage }) => applyPage(welcome, whyLost()),
    () => h("main", {}, h("p", { class: "error", role: "alert" }, t("unreachable")), again),
  );
  if (currentHolder()) return;
  show(topBar(), page);
  turnTo(false);
  for (const field of fields()) {
    const value = typed.get(field.id);
    if (!value) continue;
    field.value = value;
    field.dispatchEvent(new Event("input"));
  }
}

/** A pass has just been got; `said` is what to know about it. */
function welcome(said = ""): void {
  note = said;
  render();
}

function render(): void {
  stopClock();
  document.title = t("title");
  if (!currentHolder()) {
    void renderApply();
    return;
  }
  const [page, stop] = passPage(render);
  stopClock = stop;
  if (note) page.prepend(h("p", { class: "card", role: "status" }, note));
  if (gateCode && Date.now() - gateCode_ms < GATE_CODE_MS) askGate(gateCode);
  else if (gateCode) page.prepend(h("p", { class: "card", role: "status" }, t("gate_again")));
  gateCode = null;
  page.prepend(openQuestion() ?? "");
  show(topBar(), page);
  turnTo(true);
}

/** Nobody's screen goes dark in the queue; a browser that cannot, or a low battery, is no fault. */
function stayAwake(): void {
  if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => undefined);
}

async function start(): Promise<void> {
  root.classList.toggle("elder", remembered(ELDER) === "1");
  await Promise.all([load(), words.ready]);
  render();
  void navigator.serviceWorker?.register("/sw.js");
  const ask = (): void => {
    refresh().then(
      (changed) => changed && render(),
      () => currentHolder() ?? render(),
    );
  };
  if (currentHolder()) ask();
  void tellLeft();
  addEventListener("online", () => {
    ask();
    void tellLeft();
  });
  // A gate's code may come while the pass is open: from the phone's camera, from a message.
  addEventListener("hashchange", () => {
    const code = takeGateCode();
    if (!code) return;
    [gateCode, gateCode_ms] = [code, Date.now()];
    if (!currentHolder()) return;
    render();
    scrollTo(0, 0);
  });
  stayAwake();
  document.addEventListener("visibilitychange", stayAwake);
}

// A page that cannot begin says what works without it.
start().catch(() => show(h("main", {}, h("p", { class: "card" }, t("without_page")))));
