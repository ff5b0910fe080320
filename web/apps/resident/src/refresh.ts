/** Brings what is kept of the pass up to date, for these pages and for the pass itself. */
import { keep } from "@gridpass/kit/store";
import { getPass } from "./calls";
import { holder } from "./holder";

export async function refreshHolder(): Promise<void> {
  const before = holder.value;
  if (!before) return;
  const now = { ...before, pass: await getPass(), updated_ms: Date.now() };
  // Another phone may have taken the pass over meanwhile.
  if (holder.value?.token !== before.token) return;
  holder.value = now;
  await keep("holder", now);
}
