/** Start: read what the pass keeps on this phone, then show the page asked for. */
import "@gridpass/ui/tokens.css";
import "@gridpass/ui/base.css";
import "@gridpass/ui/paper.css";
import "./resident.css";
import { createApp } from "vue";
import App from "./App.vue";
import { load } from "./holder";
import { refreshHolder } from "./refresh";
import { words } from "./words";

document.documentElement.classList.toggle("elder", localStorage.getItem("gridpass.elder") === "1");
await Promise.all([load(), words.ready]);
createApp(App).mount("#app");
// What was kept is shown meanwhile, and without a server.
refreshHolder().catch(() => undefined);
// From now on these pages open without a network, too.
void navigator.serviceWorker?.register("/my/sw.js");
