/** Inspections of gates with a specimen. */
import type { Inspection, InspectionPage, InspectionResult } from "@gridpass/api";
import { get, post } from "@gridpass/staff/calls";

const LISTED_MAX = 100;

export const listInspections = (): Promise<InspectionPage> => get(`inspections?limit=${LISTED_MAX}`);
export const createInspection = (gate_id: number): Promise<Inspection> => post(`gates/${gate_id}/inspections`);
export const closeInspection = (inspection_id: number, result: InspectionResult): Promise<Inspection> =>
  post(`inspections/${inspection_id}/close`, { result });
/** A pass that looks green and never passes: the text of its code. */
export const createSpecimenPass = (): Promise<{ qr: string }> => post("specimen-passes", { colour: "green" });

/** How an inspection may end, best first. */
export const RESULTS: readonly InspectionResult[] = ["stopped", "waved_through", "let_in_anyway", "cancelled"];
