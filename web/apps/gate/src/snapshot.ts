/** The snapshot this device holds: fetched by changes, kept sealed, its age always known. */
import { Problem, Unreachable } from "@gridpass/kit/problem";
import { Locked } from "@gridpass/kit/vault";
import { reactive } from "vue";
import { getColourSnapshot, getDeviceTable } from "./calls";
import { type ColourSnapshot, readSnapshot, SnapshotError, writeSnapshot } from "./colours";
import { device } from "./device";
import { useTable } from "./table";
import { vault, whenLocked } from "./vault";

const NAME = "snapshot";
const TABLE = "table";

/** What the screen says of it. */
export const snapshot = reactive({ as_of_ms: 0, serials: 0 });

let held: ColourSnapshot | null = null;

function take(newer: ColourSnapshot | null): void {
  held = newer;
  snapshot.as_of_ms = newer?.as_of_ms ?? 0;
  snapshot.serials = newer?.serials ?? 0;
}

whenLocked(() => take(null));

export const heldSnapshot = (): ColourSnapshot | null => held;

/** Opens what was kept. */
export async function openSnapshot(): Promise<void> {
  const bytes = await vault.getBytes(NAME);
  if (bytes) take(readSnapshot(bytes, null));
  useTable((await vault.get(TABLE)) ?? null);
}

/** Fetches what changed, and the gate's table; what is held stays when nobody answers. */
export async function refreshSnapshot(): Promise<void> {
  if (!vault.open) return;
  try {
    const { bytes, as_of_ms } = await getColourSnapshot(device.token, held?.version ?? null);
    if (bytes) take(readSnapshot(bytes, held));
    else if (held) take({ ...held, as_of_ms: Math.max(as_of_ms, held.as_of_ms) });
    if (held) await vault.putBytes(NAME, writeSnapshot(held));
    const table = await getDeviceTable(device.token);
    useTable(table);
    await vault.put(TABLE, table);
  } catch (error) {
    // Of another server, or damaged: everything, the next time.
    if (error instanceof SnapshotError) take(null);
    else if (!(error instanceof Problem || error instanceof Unreachable || error instanceof Locked)) throw error;
  }
}
