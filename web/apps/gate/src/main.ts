/** Start of the guard's screen. */
import "@gridpass/ui/tokens.css";
import "@gridpass/ui/base.css";
import "./gate.css";
import "./holds.css";
import "./lane.css";
import "./low.css";
import "./lying.css";
import { createApp } from "vue";
import App from "./App.vue";

createApp(App).mount("#app");

// Keeps the app on the device: a tablet restarted without network still decides.
void navigator.serviceWorker?.register("/gate/sw.js");
