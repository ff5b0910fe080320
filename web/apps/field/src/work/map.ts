/** The map of one's division as it was uploaded: read when work begins, kept sealed for cellars. */
import type { MapFeature } from "@gridpass/api";
import { Problem, Unreachable } from "@gridpass/kit/problem";
import { ended } from "@gridpass/staff/asking";
import { session } from "@gridpass/staff/session";
import { shallowReactive } from "vue";
import { getDivisionMap } from "../calls";
import { drawer, lock } from "./lock";

interface KeptMap {
  features: MapFeature[];
}

export const map = shallowReactive({ features: [] as MapFeature[] });

const slot = (): string => `map/${session.account?.grant_id}`;

/** Shows what the drawer holds. */
export async function loadMap(): Promise<void> {
  map.features = (await drawer().get<KeptMap>(slot()))?.features ?? [];
}

/** Reads the map anew; without network, or where one may not, what is there stays. */
export async function refreshMap(): Promise<void> {
  const code = session.account?.jurisdiction;
  const grant = session.account?.grant_id;
  if (!code || !lock.open) return;
  try {
    const { features } = await getDivisionMap(code);
    if (grant !== session.account?.grant_id) return;
    map.features = features;
    await drawer().put(slot(), { features });
  } catch (error) {
    if (!(error instanceof Unreachable) && !(error instanceof Problem) && lock.open) throw error;
    ended(error);
  }
}
