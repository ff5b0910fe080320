/** How much waits on this phone to be sent: calls, newcomers, readings. */
import { checks } from "./response/checks";
import { sends } from "./work/sends";

export const unsent = (): number => sends.pending.length + checks.waiting.length;
