/** Names of the divisions around the account's jurisdiction, asked for once and kept on the phone. */
import type { DivisionView, GrantView } from "@gridpass/api";
import { keep, kept } from "@gridpass/kit/store";
import { reactive } from "vue";
import { listDivisions } from "./calls";
import { t } from "./words";

const KEPT = "field.divisions";
const names = reactive<Record<string, string>>({});
let asked: Promise<void> | null = null;

async function load(): Promise<void> {
  const known = await kept<DivisionView[]>(KEPT);
  for (const one of known ?? []) names[one.code] = one.name;
  const found = await listDivisions();
  for (const one of found) names[one.code] = one.name;
  await keep(KEPT, found);
}

/** A division by name, with the one above it; its code until that is known. */
export function placeName(code: string): string {
  if (!code) return t("place_everywhere");
  asked ??= load().catch(() => {
    asked = null;
  });
  const shown = code.length > 9 ? code.replace(/(000)+$/, "") : code;
  const above = shown.length > 9 ? names[shown.slice(0, -3)] : undefined;
  const own = names[shown];
  return own && above ? `${above} › ${own}` : (own ?? shown);
}

export const placeOf = (grant: GrantView): string => placeName(grant.jurisdiction);
