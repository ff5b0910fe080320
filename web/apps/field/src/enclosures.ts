/** Enclosures of the account's jurisdiction, asked for once and kept on the phone: a door is chosen without network too. */
import type { EnclosureView } from "@gridpass/api";
import { keep, kept } from "@gridpass/kit/store";
import { reactive } from "vue";
import { listEnclosures } from "./calls";

const KEPT = "field.enclosures";
const AGAIN_MS = 15_000;
type Named = Pick<EnclosureView, "enclosure_id" | "name">;
const known = reactive<{ list: Named[] }>({ list: [] });
let asked: Promise<void> | null = null;

async function load(): Promise<void> {
  const before = await kept<Named[]>(KEPT);
  if (before && known.list.length === 0) known.list = before;
  const { items } = await listEnclosures();
  const found = items.map(({ enclosure_id, name }) => ({ enclosure_id, name }));
  known.list = found;
  // The plain list: a reactive one cannot be kept.
  await keep(KEPT, found);
}

/** The enclosures as far as they are known; asked for again, after a while, until the server has answered once. */
export function enclosures(): Named[] {
  asked ??= load().catch(() => {
    setTimeout(() => (asked = null), AGAIN_MS);
  });
  return known.list;
}
