/** Sheets from and to files. */
import { Problem } from "@gridpass/kit/problem";
import { ended, refusal } from "../asking";
import { getRuleFile, readRuleWorkbook } from "../rule-calls";
import { readSheet, type Sheet } from "./sheet";
import { inLanguage } from "./words";

/** Sheets that a file holds: one of a CSV file, both of a workbook. */
export interface ReadFile {
  colour?: Sheet;
  gate?: Sheet;
}

const isWorkbook = (file: File): boolean => /\.xlsx$/i.test(file.name);

/** Reads a file; a CSV file is known by what its rows decide. */
export async function readFile(file: File): Promise<ReadFile> {
  if (isWorkbook(file)) {
    const { colour_csv, gate_csv } = await readRuleWorkbook(file);
    return { colour: readSheet(colour_csv), gate: readSheet(gate_csv) };
  }
  const sheet = readSheet(await file.text());
  if (sheet.header.includes("action")) return { gate: sheet };
  return sheet.header.includes("colour") ? { colour: sheet } : {};
}

/** Why a file was refused, with table, row and column where the server names them. */
export function refusedFile(error: unknown): string[] {
  if (ended(error)) return [];
  const fields = error instanceof Problem ? (error.body.fields ?? []) : [];
  return fields.length > 0 ? fields.map((field) => `${field.field}: ${inLanguage(field)}`) : [refusal(error)];
}

const ADDRESS_MS = 60_000;

/** Saves what the server has as a file: `3.xlsx`, `3/colour.csv`. */
export async function download(name: string): Promise<void> {
  const address = URL.createObjectURL(await getRuleFile(name));
  const link = document.createElement("a");
  link.href = address;
  link.download = `rules-${name.replace("/", "-")}${name.endsWith("/dmn") ? ".xml" : ""}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), ADDRESS_MS);
}
