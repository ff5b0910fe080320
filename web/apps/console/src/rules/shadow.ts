/** A shadow's counts, added up over days and communities. */
import type { RuleShadowView } from "@gridpass/api";

export interface Sum {
  from: string;
  to: string;
  count: number;
}

function add(sums: Map<string, Sum>, from: string, to: string, count: number): void {
  const sum = sums.get(`${from} ${to}`) ?? { from, to, count: 0 };
  sum.count += count;
  sums.set(`${from} ${to}`, sum);
}

const ordered = (sums: Map<string, Sum>): Sum[] => [...sums.values()].toSorted((a, b) => b.count - a.count);

/** Scans by what was done and what would have been. */
export function scanSums(view: RuleShadowView): Sum[] {
  const sums = new Map<string, Sum>();
  for (const one of view.scans) add(sums, one.action, one.shadow_action, one.scans);
  return ordered(sums);
}

/** People by their colour and the one they would have, on the last day they were counted. */
export function peopleSums(view: RuleShadowView): Sum[] {
  const last = view.people.map((one) => one.day).toSorted().at(-1);
  const sums = new Map<string, Sum>();
  for (const one of view.people) if (one.day === last) add(sums, one.colour, one.shadow_colour, one.people);
  return ordered(sums);
}

/** Those for whom something would differ, and all. */
export const differing = (sums: readonly Sum[]): { other: number; all: number } => ({
  other: sums.filter((sum) => sum.from !== sum.to).reduce((total, sum) => total + sum.count, 0),
  all: sums.reduce((total, sum) => total + sum.count, 0),
});
