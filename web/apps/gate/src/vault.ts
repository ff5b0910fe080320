/** What this device keeps sealed: scans to upload, the register, the snapshot, the shift. */
import type { NewEntry, NewGateCheck, UploadedScan, UploadedSpecimen } from "@gridpass/api";
import { deviceShelf, openVault } from "@gridpass/kit/vault";

/** A guard who steps away for longer unlocks with the PIN again. */
const IDLE_MS = 20 * 60_000;

const onLocks: (() => void)[] = [];

/** Has something done whenever the vault locks: what was opened is forgotten. */
export const whenLocked = (work: () => void): unknown => onLocks.push(work);

export const vault = openVault(deviceShelf("gridpass-gate"), {
  idle_ms: IDLE_MS,
  onLock: () => {
    for (const work of onLocks) work();
  },
});

/** A specimen goes the way of scans: kept, sealed, and sent once in their order. */
export interface KeptSpecimen {
  specimen: UploadedSpecimen;
}

/** A check, under the key it was told with: told again, it is the same one. */
export interface KeptCheck {
  check: NewGateCheck;
  key: string;
}

export const scanQueue = vault.queue<UploadedScan | KeptSpecimen>("scans");
export const checkQueue = vault.queue<KeptCheck | NewGateCheck>("checks");
export const registerQueue = vault.queue<NewEntry>("register");

/** Whatever the guard does counts as being there. */
export function watchForWork(): void {
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => vault.touch(), { passive: true });
}
