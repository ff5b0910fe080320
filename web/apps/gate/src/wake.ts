/** Keeps the screen on while the app is in front: a queue does not wait for a guard to wake a phone. */
interface Sentinel {
  release(): Promise<void>;
}

export function keepAwake(): void {
  const lock = (navigator as { wakeLock?: { request(kind: "screen"): Promise<Sentinel> } }).wakeLock;
  const hold = (): void => {
    // Refused on an empty battery; then the guard taps.
    if (document.visibilityState === "visible") void lock?.request("screen").catch(() => undefined);
  };
  document.addEventListener("visibilitychange", hold);
  hold();
}
