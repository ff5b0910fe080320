/** Start: read what the pass keeps on this phone, then show the page asked for. */
import "@gridpass/kit/old";
import "@gridpass/ui/tokens.css";
import "@gridpass/ui/base.css";
import "@gridpass/ui/paper.css";
import "./resident.css";
import { remembered } from "@gridpass/kit/remembered";
import { createApp } from "vue";
import App from "./App.vue";
import { load } from "./holder";
import { refreshHolder } from "./refresh";
import { t, words } from "./words";

async function start(): Promise<void> {
  document.documentElement.classList.toggle("elder", remembered("gridpass.elder") === "1");
  await Promise.all([load(), words.ready]);
  createApp(App).mount("#app");
  // What was kept is shown meanwhile, and without a server.
  refreshHolder().catch(() => undefined);
  // From now on these pages open without a network, too.
  void navigator.serviceWorker?.register("/my/sw.js");
}

// A page that cannot begin says what works without it.
start().catch(() => document.getElementById("app")?.append(t("without_page")));
