/** What a guard does on a page of the gate app, and what the tests do to its network. */
import { randomUUID } from "node:crypto";

/** The network is said to be back: the app looks at once instead of at its next heartbeat. */
export const nudge = (page) => page.evaluate(() => dispatchEvent(new Event("online")));

/** A device enrolled by a code and a guard on duty; everything it needs without network is on it. */
export async function enrolDevice(page, world, code) {
  await page.goto(`${world.server.staffUrl}/gate/#code=${code}`);
  await page.locator("form button.primary").click();
  await page.locator("#username").waitFor();
}

/** A guard's hands on a page. */
export function guardOn(page, world) {
  const hands = {
    next: () => page.getByRole("button", { name: "下一位" }).click(),
    menu: async (what) => {
      await page.getByRole("button", { name: "更多" }).click();
      await page.getByRole("button", { name: what }).click();
    },
    back: () => page.getByRole("button", { name: "返回扫码" }).click(),
    online: () => page.getByText("已联网").waitFor(),
    cut: async () => {
      await page.context().setOffline(true);
      await page.getByText(/^离线/).first().waitFor();
    },
    restore: async () => {
      await page.context().setOffline(false);
      await nudge(page);
      await hands.online();
    },
    waiting: (count) => page.getByText(`待上传 ${count}`, { exact: true }).waitFor(),
    /** A heartbeat that is under way already does not look again, so it is asked for more than once. */
    nothingWaits: async () => {
      const waits = page.getByText(/^待上传/);
      for (let tries = 0; tries < 20 && (await waits.count()) > 0; tries++) {
        await nudge(page);
        await page.waitForTimeout(500);
      }
      await waits.waitFor({ state: "detached" });
    },
    token: () => page.evaluate(() => localStorage.getItem("gridpass.device_token")),
    /** What the server counts of the device's gate. */
    today: async () => (await world.district.asDevice("device/board", await hands.token())).day,
    /** Everything for a cut network is on the device: worker, issuer's keys. */
    prepared: async () => {
      await page.waitForFunction(() => localStorage.getItem("gridpass.pass_keys"), null, { timeout: 15_000 });
      await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    },
    /** Waits until the app holds a snapshot that is complete up to now. */
    freshSnapshot: async () => {
      const now_ms = Date.parse((await world.district.time()).now);
      for (;;) {
        const answer = page.waitForResponse((one) => one.url().includes("/device/snapshot"), { timeout: 5_000 });
        await nudge(page);
        const as_of = (await answer.catch(() => null))?.headers()["x-snapshot-as-of"];
        if (as_of && Date.parse(as_of) >= now_ms) break;
        await page.waitForTimeout(1_000);
      }
      await page.getByText(/名单快照 刚才/).waitFor();
    },
    /** Milliseconds from a reader's Enter until an answer is on the screen. */
    waits: (text) =>
      page.evaluate(async (code) => {
        for (const key of code) dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        const began = performance.now();
        dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
        while (!document.querySelector("[data-action]")) await new Promise((wake) => setTimeout(wake, 5));
        return performance.now() - began;
      }, text),
  };
  return hands;
}

/** Another gate of the estate, opened by its lead; what it takes to enrol a device there and to close it. */
export async function openAnotherGate({ district }, name) {
  const lead = district.as("community_lead");
  const lanes = [{ lane: 1, direction: "in" }];
  const gate = await lead("gates", { body: { name, enclosure_id: district.enclosure.enclosure_id, lanes } });
  const path = `gates/${gate.gate_id}`;
  return {
    ...gate,
    code: async () => (await lead(`${path}/device-codes`, { body: { name: `设备${randomUUID().slice(0, 4)}` } })).code,
    close: () => lead(path, { method: "PATCH", body: { active: false } }),
    reopen: () => lead(path, { method: "PATCH", body: { active: true } }),
    shifts: () => lead(`${path}/shifts`),
    scansOf: async (person_id) => (await lead(`people/${person_id}/scans`)).items,
  };
}

/** Everything this origin keeps, as text: what a thief would read. */
export const keptText = (page) =>
  page.evaluate(async () => {
    const text = (value) => {
      if (value instanceof Uint8Array) return new TextDecoder().decode(value);
      if (value instanceof CryptoKey) return value.extractable ? "extractable key" : "";
      return value && typeof value === "object" ? Object.values(value).map(text).join(" ") : String(value);
    };
    const all = [...Object.values({ ...localStorage }), ...Object.values({ ...sessionStorage })];
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise((done) => {
        indexedDB.open(name).onsuccess = (event) => done(event.target.result);
      });
      for (const table of database.objectStoreNames) {
        const values = await new Promise((done) => {
          database.transaction(table).objectStore(table).getAll().onsuccess = (event) => done(event.target.result);
        });
        all.push(...values.map(text));
      }
      database.close();
    }
    return all.join("\n");
  });
