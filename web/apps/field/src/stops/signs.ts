/** The shapes that say how a stop stands, in a 24 × 24 box: never by colour alone. */
import type { StopState } from "../work/doors";

export const STATE_PATHS: Record<StopState | "sending", string> = {
  late: "M12 2 23 21H1ZM11 9v6h2V9Zm0 8v2h2v-2Z",
  waits: "M12 1a11 11 0 1 0 0 22a11 11 0 0 0 0-22Zm-1 5h2v5.6l4 4-1.4 1.4L11 12.4Z",
  today: "M12 1a11 11 0 1 0 0 22a11 11 0 0 0 0-22Zm0 6a5 5 0 1 1 0 10a5 5 0 0 1 0-10Z",
  open: "M12 1a11 11 0 1 0 0 22a11 11 0 0 0 0-22Zm0 3a8 8 0 1 1 0 16a8 8 0 0 1 0-16Z",
  sending: "M12 1a11 11 0 1 0 0 22a11 11 0 0 0 0-22Zm-1.7 16.6L4.9 12.2l2.1-2.1l3.3 3.3l6.7-6.7l2.1 2.1Z",
};
