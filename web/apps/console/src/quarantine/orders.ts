/** Orders, and what is proposed about them and waits for a second person. */
import type { Proposal, QuarantineOrder, QuarantinePlace } from "@gridpass/api";
import { dayFromNow } from "../ages";

export const PLACES: QuarantinePlace[] = ["home", "central", "hospital"];
/** Days that an order may reach ahead; the server decides. */
export const DAYS_AHEAD_MAX = 28;

/** The proposal about an order that waits for a second person, if there is one. */
export function pendingOf(order: QuarantineOrder, proposals: Proposal[]): Proposal | null {
  const about = proposals.find(({ measure }) => "order_id" in measure && measure.order_id === order.order_id);
  return about ?? null;
}

/** Days left, by the server's clock; the end is the first day free. */
export const daysLeft = (order: QuarantineOrder): number =>
  Math.round((Date.parse(order.end) - Date.parse(dayFromNow(0))) / 86_400_000);
