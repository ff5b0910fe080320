/** Start of the field app. */
import "@gridpass/ui/tokens.css";
import "@gridpass/ui/base.css";
import "@gridpass/staff/entry.css";
import "./field.css";
import { createApp } from "vue";
import App from "./App.vue";

createApp(App).mount("#app");

// Keeps the app on the phone: a door in a basement opens it as well.
void navigator.serviceWorker?.register("/field/sw.js");
