/** The response team's tabs. */
import type { Tab } from "../tabs";
import AlertsPage from "./AlertsPage.vue";
import NeedsPage from "./NeedsPage.vue";
import OrdersPage from "./OrdersPage.vue";
import WatchPage from "./WatchPage.vue";
import { openAlerts, TEAM, WATCHERS } from "./board";
import "./response.css";

const ICON_ALERT = "M12 2 1 21h22ZM11 9h2v6h-2Zm0 8h2v2h-2Z";
const ICON_WATCH = "M10 2h4v10.3a5 5 0 1 1-4 0ZM11.25 6v8h1.5V6Z";
const ICON_NEED = "M4 8h16v12H4ZM8 8V5a4 4 0 0 1 8 0v3h-2V5a2 2 0 0 0-4 0v3Z";
const ICON_ORDER = "M5 2h10l4 4v16H5Zm3 7h8v2H8Zm0 4h8v2H8Zm0 4h5v2H8Z";

export const responseTabs: Tab[] = [
  { name: "alerts", title: "tab_alerts", icon: ICON_ALERT, page: AlertsPage, roles: WATCHERS, count: openAlerts },
  { name: "watch", title: "tab_watch", icon: ICON_WATCH, page: WatchPage, roles: WATCHERS },
  { name: "needs", title: "tab_needs", icon: ICON_NEED, page: NeedsPage, roles: WATCHERS },
  { name: "orders", title: "tab_orders", icon: ICON_ORDER, page: OrdersPage, roles: TEAM },
];
