/**
 * One page of this app at a time on one device.
 *
 * Two would each have a shift of their own mind: handed over in one, at work in the other, each with its
 * own memory of the codes shown. The browser's lock goes with the page that holds it, however that ends.
 */
import { reactive } from "vue";

const NAME = "gridpass-gate";

export const tab = reactive({
  /** Another page of this device has it. */
  elsewhere: false,
});

const forever = (): Promise<never> => new Promise(() => undefined);

/** Holds the lock until the page ends, if it can be had; whoever loses it starts anew and finds it taken. */
const hold = (options: LockOptions): Promise<boolean> =>
  new Promise((done) => {
    const held = navigator.locks.request(NAME, options, (lock) => {
      done(lock !== null);
      return lock ? forever() : null;
    });
    held.catch(() => location.reload());
  });

/** A page that is loaded anew waits a moment for itself to be gone. */
const GONE_MS = 500;
/** Free at two looks, the other window is closed; at one it may be loading anew. */
const LOOK_MS = 2_000;
const LOOKS = 2;
/** Set by a window that takes the work over: loaded anew, it knows what the other one did last. */
const TAKES = "gridpass.takes_over";

/** The guard goes on here: the other window ends its work and locks. */
export function takeOver(): void {
  sessionStorage.setItem(TAKES, "1");
  location.reload();
}

let free = 0;

async function look(): Promise<void> {
  const { held } = await navigator.locks.query();
  free = held?.some(({ name }) => name === NAME) ? 0 : free + 1;
  if (free >= LOOKS) takeOver();
}

/** Resolves once this is the only page at work. */
export async function onlyTab(): Promise<void> {
  // Browsers of some years ago have no locks.
  if (!("locks" in navigator)) return;
  const steal = sessionStorage.getItem(TAKES) !== null;
  sessionStorage.removeItem(TAKES);
  if (await hold(steal ? { steal } : { ifAvailable: true })) return;
  await new Promise((wake) => setTimeout(wake, GONE_MS));
  if (await hold({ ifAvailable: true })) return;
  tab.elsewhere = true;
  setInterval(() => void look(), LOOK_MS);
  await forever();
}
