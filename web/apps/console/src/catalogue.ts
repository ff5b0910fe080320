/**
 * The catalogue as this page knows it: kinds of facts and columns of the state that are data.
 *
 * What it does not know yet is shown by its name. `catalogue-calls.ts` reads it.
 */
import type { CatalogueColumn, CatalogueEntryView, CatalogueKind } from "@gridpass/api";
import { reactive } from "vue";

export const catalogue = reactive({ entries: null as CatalogueEntryView[] | null });

const approved = (): CatalogueEntryView[] => catalogue.entries?.filter((one) => one.status === "approved") ?? [];

export const approvedKinds = (): CatalogueKind[] =>
  approved().flatMap(({ definition }) => (definition.entry === "kind" ? [definition] : []));

export const approvedColumns = (): CatalogueColumn[] =>
  approved().flatMap(({ definition }) => (definition.entry === "column" ? [definition] : []));

export const kindOf = (key: string): CatalogueKind | undefined => approvedKinds().find((kind) => kind.key === key);

export const columnOfCatalogue = (key: string): CatalogueColumn | undefined =>
  approvedColumns().find((column) => column.key === key);
