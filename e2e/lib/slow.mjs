/** Phones slower than this machine: what they are, a page of one, and an app's first visit on it. */
import assert from "node:assert/strict";
import { closePage, openPage, until } from "./browser.mjs";

/** What an app may weigh over the wire the first time, bytes. */
const FIRST_VISIT_BYTES_MAX = 300_000;

/** A cheap phone of some years ago on a poor mobile network: the one a pass has to come up on. */
export const POOR_PHONE = { cpu: 6, latency_ms: 300, down_kbit_s: 400, up_kbit_s: 200 };
/** The phone of a guard or a grid worker, for which a budget of three seconds stands. */
export const SLOW_PHONE = { cpu: 4, latency_ms: 150, down_kbit_s: 1600, up_kbit_s: 750 };

const bytes_s = (kbit_s) => (kbit_s * 1000) / 8;

/**
 * Slows a page down, and counts what comes over its wire from then on (with headers; what the
 * service worker fetches for itself is not the page's).
 *
 * @returns {Promise<() => number>} bytes so far
 */
export async function slowDown(page, profile = SLOW_PHONE) {
  const wire = await page.context().newCDPSession(page);
  await wire.send("Network.enable");
  await wire.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: profile.latency_ms,
    downloadThroughput: bytes_s(profile.down_kbit_s),
    uploadThroughput: bytes_s(profile.up_kbit_s),
  });
  await wire.send("Emulation.setCPUThrottlingRate", { rate: profile.cpu });
  let bytes = 0;
  wire.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  return () => bytes;
}

/**
 * A first visit weighs little, and a later one needs no network. The times are printed, not
 * judged: the machine that runs the tests is busy with other things.
 *
 * @param {string} address of the app
 * @param {string} ready selector of what has to be there for it to be usable
 */
export async function assertLight(t, browser, address, ready) {
  const page = await openPage(browser);
  const bytes = await slowDown(page);
  const open = async () => {
    const began_ms = performance.now();
    await page.goto(address, { waitUntil: "commit" });
    await page.locator(ready).waitFor();
    return Math.round(performance.now() - began_ms);
  };
  const first_ms = await open();
  const first = bytes();
  assert.ok(first > 10_000 && first <= FIRST_VISIT_BYTES_MAX, `${first} bytes`);
  await until(page, () => navigator.serviceWorker.controller !== null);
  const again_ms = await open();
  t.diagnostic(`usable after ${first_ms} ms with ${first} bytes, again after ${again_ms} ms`);
  await page.context().setOffline(true);
  await open();
  await closePage(page);
}
