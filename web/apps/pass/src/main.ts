/** Start: keep the page for a day without a server, then show the pass, or the form. */
import "@gridpass/ui/tokens.css";
import "@gridpass/ui/base.css";
import "./pass.css";
import { LANGUAGE_NAMES, type Language } from "@gridpass/kit/words";
import { h, show } from "./dom";
import { gateSection, openQuestion, takeGateCode } from "./gate";
import { currentHolder, load, refresh, whyLost } from "./holder";
import { passPage } from "./pass";
import { t, words } from "./words";

const ELDER = "gridpass.elder";
const root = document.documentElement;
let stopClock = (): void => undefined;
let gateCode = takeGateCode();
let note = "";

function topBar(): HTMLElement {
  const elder = root.classList.contains("elder");
  const flipElder = (): void => {
    root.classList.toggle("elder");
    localStorage.setItem(ELDER, elder ? "" : "1");
    render();
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

/** The form is loaded only for who has no pass yet. */
async function renderApply(): Promise<void> {
  show(topBar(), h("main", {}, h("p", { class: "muted" }, t("loading"))));
  const again = h("button", { type: "button", click: () => render() }, t("refresh"));
  const page = await import("./apply").then(
    ({ applyPage }) => applyPage(welcome, whyLost()),
    () => h("main", {}, h("p", { class: "error", role: "alert" }, t("unreachable")), again),
  );
  if (!currentHolder()) show(topBar(), page);
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
  if (gateCode) gateSection(gateCode);
  gateCode = null;
  page.prepend(openQuestion() ?? "");
  show(topBar(), page);
}

/** Nobody's screen goes dark in the queue; a browser that cannot, or a low battery, is no fault. */
function stayAwake(): void {
  if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => undefined);
}

async function start(): Promise<void> {
  root.classList.toggle("elder", localStorage.getItem(ELDER) === "1");
  await Promise.all([load(), words.ready]);
  render();
  void navigator.serviceWorker?.register("/sw.js");
  const ask = (): void => {
    refresh().then(render, () => currentHolder() ?? render());
  };
  if (currentHolder()) ask();
  addEventListener("online", ask);
  stayAwake();
  document.addEventListener("visibilitychange", stayAwake);
}

void start();
