/**
 * Who is held at this gate, who comes for them and when.
 *
 * Read while there is network, and oftener while somebody waits; the last answer is kept sealed, so that
 * without network the guard still knows who comes, how old that is, and whom to call.
 */
import type { GateHold, GateHolds } from "@gridpass/api";
import { Problem, Unreachable } from "@gridpass/kit/problem";
import { Locked } from "@gridpass/kit/vault";
import { reactive } from "vue";
import { listGateHolds } from "./calls";
import { device } from "./device";
import { vault, whenLocked } from "./vault";
import { words } from "./words";

const NAME = "holds";
const WAITING_MS = 10_000;

export const holds = reactive({
  /** What the server last said; null before it said anything. */
  last: null as GateHolds | null,
  /** Whether that was the last time it was asked. */
  fresh: false,
});

whenLocked(() => Object.assign(holds, { last: null, fresh: false }));

/** Opens what was kept. */
export async function openHolds(): Promise<void> {
  holds.last = (await vault.get<GateHolds>(NAME)) ?? null;
}

let asking = false;

/** Asks the server; what is held stays when nobody answers. */
export async function refreshHolds(): Promise<void> {
  if (!vault.open || asking) return;
  asking = true;
  try {
    holds.last = await listGateHolds(device.token);
    holds.fresh = true;
    await vault.put(NAME, holds.last);
  } catch (error) {
    holds.fresh = false;
    if (!(error instanceof Problem || error instanceof Unreachable || error instanceof Locked)) throw error;
  } finally {
    asking = false;
  }
}

/** Those who still wait. */
export const stillHeld = (): GateHold[] => holds.last?.holds.filter((one) => one.status !== "closed") ?? [];

/** Asks oftener while somebody waits for somebody; every sign of life asks anyway. */
export function watchHolds(): void {
  setInterval(() => {
    const waits = stillHeld().some((one) => one.status !== "arrived");
    if (device.online && waits) void refreshHolds();
  }, WAITING_MS);
}

/** Name of the unit that comes; before anybody took it, of the one that was asked. */
export function unitOf({ unit, call }: Pick<GateHold, "unit" | "call">): string {
  return unit ?? (words.language === "en" ? call?.unit_en : call?.unit_zh) ?? "";
}

/** The team of this gate's place, as far as this device was told. */
export function teamToCall(): { name: string; phone: string | null } | null {
  const unit = holds.last?.team;
  return unit ? { name: words.language === "en" ? unit.unit_en : unit.unit_zh, phone: unit.phone ?? null } : null;
}
