/** Start of the console. */
import "@gridpass/ui/tokens.css";
import "@gridpass/ui/base.css";
import "@gridpass/staff/entry.css";
import "./console.css";
import "./menu.css";
import "./office.css";
import "./people.css";
import "./appeals.css";
import { createApp } from "vue";
import App from "./App.vue";

createApp(App).mount("#app");
