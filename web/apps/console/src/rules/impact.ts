/** Numbers of the impact card, as the card shows them. */
import type { Colour, ImpactCard, ImpactGroup } from "@gridpass/api";
import { number } from "../numbers";
import { t } from "./words";

export const COLOURS: Colour[] = ["green", "yellow", "red"];

export const GROUPINGS = ["by_street", "by_community", "by_enclosure", "by_age", "by_origin"] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** A count; a small one that is not the reader's business has words instead. */
export const count = (value: number | null | undefined): string =>
  value === null || value === undefined ? t("rules_hidden") : number(value);

/** `+120`, `−3`, `0`. */
export const signed = (value: number): string => (value > 0 ? `+${number(value)}` : number(value).replace("-", "−"));

/** How many go from one colour to another. */
export const moved = (card: ImpactCard, from: Colour, to: Colour): number | null | undefined => {
  const found = card.people.moves.find((move) => move.from === from && move.to === to);
  return found ? found.people : 0;
};

/** What a group is called: a name where the server has one. */
export function groupName(grouping: Grouping, group: ImpactGroup): string {
  if (group.key === "") return t("rules_group_unknown");
  return group.name ?? (grouping === "by_age" ? t("rules_group_age", { age: group.key }) : group.key);
}

/** Groups with the most changes first; where counts are hidden, last. */
export const byChange = (groups: readonly ImpactGroup[]): ImpactGroup[] =>
  groups.toSorted((a, b) => (b.changed ?? -1) - (a.changed ?? -1));

/** Shares of the colours, each 0 to 1, in the order of `COLOURS`. */
export function shares(by: ImpactGroup["before"]): number[] {
  const counts = COLOURS.map((colour) => by?.[colour] ?? 0);
  const all = counts.reduce((sum, one) => sum + one, 0);
  return all === 0 ? counts : counts.map((one) => one / all);
}
