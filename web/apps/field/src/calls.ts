/** The operations the field app calls, named as the server names them. */
import type { DivisionView } from "@gridpass/api";
import { get } from "@gridpass/staff/calls";

const DIVISIONS_MAX = 1000;

/** Divisions the caller sees; a district has a few hundred. */
export const listDivisions = (): Promise<DivisionView[]> => get(`divisions?prefix=&after=&limit=${DIVISIONS_MAX}`);
