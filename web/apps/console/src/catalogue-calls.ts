/** Reading the catalogue, and its life by two people. */
import type { CatalogueEntryPage, CatalogueEntryView, NewCatalogueEntry } from "@gridpass/api";
import { sendJson } from "@gridpass/kit/problem";
import { catalogue } from "./catalogue";
import { session } from "./session";

const ENTRIES = "/api/v1/catalogue-entries";
const ENTRIES_MAX = 1000;
const post = (path: string, body: unknown): Promise<CatalogueEntryView> => sendJson(ENTRIES + path, { token: session.token, body });

let reading: Promise<void> | null = null;

async function read(): Promise<void> {
  const page = await sendJson<CatalogueEntryPage>(`${ENTRIES}?limit=${ENTRIES_MAX}`, { token: session.token });
  catalogue.entries = page.items;
}

/** Reads the catalogue unless it is there; a refusal leaves it unknown. */
export function catalogueReady(): Promise<void> {
  reading ??= read().catch(() => {
    reading = null;
  });
  return reading;
}

/** Reads it again. */
export async function refreshCatalogue(): Promise<void> {
  await read();
  reading = Promise.resolve();
}

export const proposeCatalogueEntry = (input: NewCatalogueEntry): Promise<CatalogueEntryView> => post("", input);

const decisions = {
  approve: (id: number, note: string): Promise<CatalogueEntryView> => post(`/${id}/approve`, { note }),
  withdraw: (id: number, note: string): Promise<CatalogueEntryView> => post(`/${id}/withdraw`, { note }),
};
export const decideCatalogueEntry = (id: number, decision: keyof typeof decisions, note: string): Promise<CatalogueEntryView> =>
  decisions[decision](id, note);
