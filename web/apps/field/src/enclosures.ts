/** Enclosures of the account's jurisdiction, asked for once and kept on the phone: a door is chosen without network too. */
import type { EnclosureView } from "@gridpass/api";
import { keep, kept } from "@gridpass/kit/store";
import { reactive } from "vue";
import { listEnclosures } from "./calls";

const KEPT = "field.enclosures";
type Named = Pick<EnclosureView, "enclosure_id" | "name">;
const known = reactive<{ list: Named[] }>({ list: [] });
let asked: Promise<void> | null = null;

async function load(): Promise<void> {
  known.list = (await kept<Named[]>(KEPT)) ?? [];
  const { items } = await listEnclosures();
  known.list = items.map(({ enclosure_id, name }) => ({ enclosure_id, name }));
  await keep(KEPT, known.list);
}

/** The enclosures as far as they are known; asked for again until the server has answered once. */
export function enclosures(): Named[] {
  asked ??= load().catch(() => {
    asked = null;
  });
  return known.list;
}
