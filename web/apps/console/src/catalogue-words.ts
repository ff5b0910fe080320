/** Entries of the catalogue and facts of its kinds in the reader's language. */
import type { CatalogueKind, CatalogueLabel } from "@gridpass/api";
import { kindOf } from "./catalogue";
import { words } from "./words";

/** Words of the catalogue in the reader's language. */
export const inWords = (label: CatalogueLabel): string => (words.language === "zh-CN" ? label.zh : label.en);

/** The name of a word of a field. */
export function wordOfField(kind: CatalogueKind | undefined, field: string, word: string): string | undefined {
  const found = kind?.fields.find((one) => one.key === field)?.value;
  const known = found?.type === "choice" ? found.words.find((one) => one.key === word) : undefined;
  return known && inWords(known.name);
}

/** What a fact of a kind says: its fields in their order, in the catalogue's words. */
export function cataloguedText(fact: { kind: string }, moment: (at: string) => string): string {
  const kind = kindOf(fact.kind);
  const fields = fact as unknown as Record<string, unknown>;
  const said = kind?.fields.flatMap(({ key, name, value }) => {
    const held = fields[key];
    if (held === undefined || held === null) return [];
    const word = String(held);
    if (value.type === "choice") return [wordOfField(kind, key, word) ?? word];
    if (value.type === "number") return [`${inWords(name)} ${word} ${inWords(value.unit)}`.trim()];
    return [`${inWords(name)} ${value.type === "instant" ? moment(word) : word}`];
  });
  return said?.join(" · ") ?? "";
}
