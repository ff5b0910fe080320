/**
 * Measures what a phone feels, how long a guard waits, and what somebody who guesses learns.
 * Prints figures; asserts nothing about clocks, which belong to the machine.
 *
 *   node measure.mjs page          bytes and time until the colour is on the screen of a slow phone
 *   node measure.mjs gate 300      from a hand scanner's Enter until the decision is painted, online and without network;
 *                                  seconds a person with the number typed on the screen
 *   node measure.mjs starts        first and later starts of the apps for gates and doors on a slow phone
 *   node measure.mjs guesses 10000 answers to guesses at known and at unknown numbers, compared
 */
import { openBrowser, openPage } from "./lib/browser.mjs";
import { enterDistrict, residentNumber } from "./lib/district.mjs";
import { startServer } from "./lib/server.mjs";
import { POOR_PHONE, SLOW_PHONE, slowDown } from "./lib/slow.mjs";
import { openGate } from "./specs/gate.mjs";
import { apply } from "./specs/pass.mjs";

const PHONE = "13700139999";
const ROUNDS = 9;
/** A practised thumb: eight keys a second. */
const KEY_MS = 125;
/** People whose number is typed. */
const TYPED = 30;

const sorted = (numbers) => numbers.toSorted((a, b) => a - b);
const at = (numbers, share) => sorted(numbers)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))];

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
      const counted = await slowDown(page, POOR_PHONE);
      first.push(await shown(page, () => page.goto(server.publicUrl), "form"));
      bytes = counted();
      await page.context().close();
    }
    const page = await openPage(browser);
    await apply(page, server, { name: "测量员", number: residentNumber(301) });
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await slowDown(page, POOR_PHONE);
    const again = [];
    for (let round = 0; round < ROUNDS; round++) again.push(await shown(page, () => page.reload(), ".sign"));
    await page.context().close();
    console.log(`profile: ${JSON.stringify(POOR_PHONE)}`);
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

/** One person after the other by hand scanner: the time until the decision is on the screen, inside the page. */
const waitsFor = (page, texts) =>
  page.evaluate(async (codes) => {
    const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const [took, answer] = [[], () => document.querySelector("[data-action]")];
    for (const code of codes) {
      for (const key of code) dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      const began = performance.now();
      dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
      while (!answer()) await new Promise((wake) => setTimeout(wake, 1));
      await painted();
      took.push(performance.now() - began);
      document.querySelector(".decision .acts button:last-child").click();
      while (answer()) await painted();
    }
    return took;
  }, texts);

/** Numbers typed on the screen's keypad at a thumb's pace, from the tap that opens it until the next person may come. */
const typedFor = (page, numbers, key_ms) =>
  page.evaluate(
    async ([all, pace_ms]) => {
      const pause = (ms) => new Promise((wake) => setTimeout(wake, ms));
      const there = async (find) => {
        for (let found = find(); ; found = find()) {
          if (found) return found;
          await new Promise((done) => requestAnimationFrame(done));
        }
      };
      const [people, waits] = [[], []];
      for (const number of all) {
        const began = performance.now();
        document.querySelector(".two button.primary").click();
        const sheet = await there(() => document.querySelector("dialog[open]"));
        const keys = new Map([...sheet.querySelectorAll("button")].map((key) => [key.textContent.trim(), key]));
        for (const digit of number) {
          await pause(pace_ms);
          keys.get(digit).click();
        }
        await pause(pace_ms);
        const asked = performance.now();
        sheet.querySelector("button.primary").click();
        await there(() => document.querySelector("[data-action]"));
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        waits.push(performance.now() - asked);
        await pause(pace_ms);
        document.querySelector(".decision .acts button:last-child").click();
        await there(() => !document.querySelector("[data-action]"));
        people.push(performance.now() - began);
      }
      return { people, waits };
    },
    [numbers, key_ms],
  );

/** Where each app of the staff can be used from: its first field takes typing. */
const STARTS = { gate: "#given", field: "#username" };

/** First starts of an app on a slow phone, and later ones, with the service worker. */
async function startsOf(browser, server, app) {
  const [first, again, bytes] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    const page = await openPage(browser);
    const counted = await slowDown(page);
    const go = () => page.goto(`${server.staffUrl}/${app}/`, { waitUntil: "commit" });
    first.push(await shown(page, go, STARTS[app]));
    bytes.push(counted());
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    again.push(await shown(page, go, STARTS[app]));
    await page.context().close();
  }
  console.log(`${app}: ${at(bytes, 1)} bytes at most until it can be used the first time`);
  for (const [name, all] of Object.entries({ "first start": first, "later start": again }))
    console.log(`${app}, ${name}: median ${at(all, 0.5).toFixed(0)} ms, slowest ${at(all, 1).toFixed(0)} ms of ${all.length}`);
}

async function measureStarts() {
  const server = await startServer();
  const browser = await openBrowser();
  try {
    console.log(`profile: ${JSON.stringify(SLOW_PHONE)}`);
    for (const app of Object.keys(STARTS)) await startsOf(browser, server, app);
  } finally {
    await browser.close();
    await server.end();
  }
}

async function measureGate(count) {
  const server = await startServer();
  const browser = await openBrowser();
  try {
    const district = await enterDistrict(server);
    const numbers = Array.from({ length: 50 }, (_, n) => residentNumber(400 + n));
    const papers = [];
    for (const number of numbers) {
      await district.enrol("张三", number);
      await district.verify(number);
      papers.push(await district.paperPass(number));
    }
    const page = await openPage(browser);
    await openGate(page, { server, district });
    const all = (texts) => Array.from({ length: count }, (_, n) => texts[n % texts.length]);
    await waitsFor(page, papers);
    const rungs = { "online, number": numbers, "online, paper": papers };
    const say = (name, took) =>
      console.log(`${name}: median ${at(took, 0.5).toFixed(0)} ms, p99 ${at(took, 0.99).toFixed(0)} ms of ${took.length}`);
    for (const [name, texts] of Object.entries(rungs)) say(name, await waitsFor(page, all(texts)));
    const typed = await typedFor(page, all(numbers).slice(0, TYPED), KEY_MS);
    say("a person, number typed at 8 keys/s", typed.people);
    say("of it, from OK to the decision", typed.waits);
    await page.context().setOffline(true);
    await page.getByText(/^离线/).first().waitFor();
    say("without network, paper", await waitsFor(page, all(papers)));
    await page.context().close();
  } finally {
    await browser.close();
    await server.end();
  }
}

const [what, given] = process.argv.slice(2);
const count = given ?? (what === "gate" ? "300" : "10000");
if (what === "page") await measurePage();
else if (what === "gate") await measureGate(Number(count));
else if (what === "starts") await measureStarts();
else if (what === "guesses") await measureGuesses(Number(count));
else {
  console.error("node measure.mjs page | gate [COUNT] | starts | guesses [COUNT]");
  process.exit(2);
}
