/**
 * Measures what a resident's phone feels, and what somebody who guesses learns. Prints figures; asserts nothing
 * about clocks, which belong to the machine.
 *
 *   node measure.mjs page          bytes and time until the colour is on the screen of a slow phone
 *   node measure.mjs guesses 10000 answers to guesses at known and at unknown numbers, compared
 */
import { openBrowser, openPage } from "./lib/browser.mjs";
import { enterDistrict, residentNumber } from "./lib/district.mjs";
import { startServer } from "./lib/server.mjs";
import { apply } from "./specs/pass.mjs";

const PHONE = "13700139999";
/** A cheap phone of some years ago on a poor mobile network. */
const SLOW = { cpu: 6, latency_ms: 300, down_kbit_s: 400, up_kbit_s: 200 };
const ROUNDS = 9;

const sorted = (numbers) => numbers.toSorted((a, b) => a - b);
const at = (numbers, share) => sorted(numbers)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))];

async function slow(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: SLOW.latency_ms,
    downloadThroughput: (SLOW.down_kbit_s * 1000) / 8,
    uploadThroughput: (SLOW.up_kbit_s * 1000) / 8,
  });
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOW.cpu });
  return devtools;
}

/** Milliseconds from the start of the navigation until the page shows what is waited for. */
async function shown(page, go, selector) {
  await go();
  await page.locator(selector).waitFor();
  return page.evaluate(
    (wanted) =>
      new Promise((done) => {
        requestAnimationFrame(() => done(document.querySelector(wanted) ? performance.now() : NaN));
      }),
    selector,
  );
}

async function measurePage() {
  const server = await startServer();
  const browser = await openBrowser();
  try {
    await enterDistrict(server);
    const first = [];
    let bytes = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const page = await openPage(browser, { serviceWorkers: "block" });
      const devtools = await slow(page);
      bytes = 0;
      devtools.on("Network.loadingFinished", ({ encodedDataLength }) => {
        bytes += encodedDataLength;
      });
      first.push(await shown(page, () => page.goto(server.publicUrl), "form"));
      await page.context().close();
    }
    const page = await openPage(browser);
    await apply(page, server, { name: "测量员", number: residentNumber(301) });
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await slow(page);
    const again = [];
    for (let round = 0; round < ROUNDS; round++) again.push(await shown(page, () => page.reload(), ".sign"));
    await page.context().close();
    console.log(`profile: ${JSON.stringify(SLOW)}`);
    console.log(`first visit, until the form: ${bytes} bytes with headers; median ${Math.round(at(first, 0.5))} ms`);
    console.log(`with a pass, until the colour: median ${Math.round(at(again, 0.5))} ms, slowest ${Math.round(at(again, 1))} ms`);
  } finally {
    await browser.close();
    await server.end();
  }
}

/** Largest distance between two distributions (Kolmogorov and Smirnov). */
function distance(a, b) {
  const [left, right] = [sorted(a), sorted(b)];
  let [i, j, widest] = [0, 0, 0];
  while (i < left.length && j < right.length) {
    if (left[i] <= right[j]) i++;
    else j++;
    widest = Math.max(widest, Math.abs(i / left.length - j / right.length));
  }
  return widest;
}

async function measureGuesses(count) {
  const server = await startServer();
  try {
    const district = await enterDistrict(server);
    for (let n = 0; n < 50; n++) await district.enter("张三", residentNumber(400 + n));
    const ask = async (number, phone_code) => {
      const body = { name: "李四", document_type: "resident_id", document_number: number, phone: PHONE, phone_code };
      const begin = performance.now();
      const answer = await fetch(`${server.publicUrl}/api/v1/people/enrol`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const text = (await answer.text()).replace(/"request_id":"[^"]*"/, "");
      return { took_ms: performance.now() - begin, said: `${answer.status} ${text}` };
    };
    const times = { known: [], unknown: [] };
    const said = new Set();
    for (let n = 0; n < count; n++) {
      const known = n % 2 === 0;
      const number = residentNumber(known ? 400 + ((n / 2) % 50) : 500 + (((n - 1) / 2) % 400));
      const answer = await ask(number, String(n % 1_000_000).padStart(6, "0"));
      said.add(answer.said);
      times[known ? "known" : "unknown"].push(answer.took_ms);
    }
    const chance = 1.36 * Math.sqrt(2 / (count / 2));
    console.log(`${count} guesses: ${said.size} different answer(s)`);
    for (const [name, all] of Object.entries(times))
      console.log(`${name}: median ${at(all, 0.5).toFixed(2)} ms, p99 ${at(all, 0.99).toFixed(2)} ms`);
    console.log(`distance of the distributions ${distance(times.known, times.unknown).toFixed(4)}; by chance (5 %) up to ${chance.toFixed(4)}`);
  } finally {
    await server.end();
  }
}

const [what, count = "10000"] = process.argv.slice(2);
if (what === "page") await measurePage();
else if (what === "guesses") await measureGuesses(Number(count));
else {
  console.error("node measure.mjs page | guesses [COUNT]");
  process.exit(2);
}
