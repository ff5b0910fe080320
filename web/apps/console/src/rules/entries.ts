/** Entries of the catalogue in words. */
import type { CatalogueColumn, CatalogueField } from "@gridpass/api";
import { kindOf } from "../catalogue";
import { inWords, wordOfField } from "../catalogue-words";
import { say, t } from "./words";

/** What a field may hold. */
export function fieldText(field: CatalogueField): string {
  const { value } = field;
  if (value.type === "choice") return value.words.map((word) => inWords(word.name)).join(t("rules_joint"));
  if (value.type === "number") return t("rules_cat_number", { min: value.min, max: value.max, unit: inWords(value.unit) });
  return say("cat_type", value.type);
}

/** What a column says, as a sentence. */
export function columnText(column: CatalogueColumn): string {
  const kind = kindOf(column.kind);
  const fieldName = (key: string): string => {
    const found = kind?.fields.find((one) => one.key === key);
    return found ? inWords(found.name) : key;
  };
  const { operation, filter } = column;
  const parts = [
    kind ? inWords(kind.name) : column.kind,
    say("cat_op", operation.op) + ("field" in operation ? ` ${fieldName(operation.field)}` : ""),
  ];
  if (filter) {
    const named = filter.words.map((word) => wordOfField(kind, filter.field, word) ?? word).join(t("rules_or"));
    parts.push(t("rules_cat_only", { field: fieldName(filter.field), words: named }));
  }
  if (column.valid_hours) parts.push(t("rules_cat_valid", { hours: column.valid_hours }));
  return parts.join(" · ");
}

/** A name for people as the form holds it, in both languages. */
export const emptyLabel = (): { zh: string; en: string } => ({ zh: "", en: "" });
