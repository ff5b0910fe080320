/** Legs of a journey as a form begins them, and the places it offers. */
import type { Leg, Means } from "@gridpass/api";
import { districtTimestamp } from "@gridpass/kit/age";
import provinces from "@gridpass/kit/provinces.json";
import { serverNow } from "./holder";

export const MEANS: Means[] = ["train", "plane", "coach", "car", "ship", "other"];

const DAY_MS = 86_400_000;

/** A day of the district, so many days from today. */
export const dayFrom = (days: number): string => districtTimestamp(serverNow() + days * DAY_MS).slice(0, 10);

/** What the list of places holds before anything is chosen; abroad is no code at all. */
export const UNCHOSEN = "";

export function newLeg(kind: "past" | "planned"): Leg {
  const day = dayFrom(0);
  return { area: UNCHOSEN, place: "", from: day, until: day, by: kind === "past" ? "train" : "car", number: null };
}

/** Provinces by code, with their names. */
export const PROVINCES: { code: string; zh: string; en: string }[] = provinces;
