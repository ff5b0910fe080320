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

/** Holds the lock until the page ends; whoever loses it starts anew and finds it taken. */
const hold = (options: LockOptions, got: () => void): void => {
  const held = navigator.locks.request(NAME, options, () => {
    got();
    return forever();
  });
  held.catch(() => location.reload());
};

let settle: () => void = () => undefined;

/** A page that is loaded anew waits a moment for itself to be gone. */
const GONE_MS = 500;

/** Resolves once this is the only page at work. */
export async function onlyTab(): Promise<void> {
  // Browsers of some years ago have no locks.
  if (!("locks" in navigator)) return;
  const waiting = new Promise<void>((done) => (settle = done));
  const saying = setTimeout(() => (tab.elsewhere = true), GONE_MS);
  hold({}, settle);
  await waiting;
  clearTimeout(saying);
  tab.elsewhere = false;
}

/** The guard goes on here: the other page ends its work and locks. */
export const takeOver = (): void => hold({ steal: true }, settle);
