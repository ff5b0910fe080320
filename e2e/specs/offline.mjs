/** The pages around the pass without a network: what was read last, its age, and the way to the pass. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { closePage, openPage, until } from "../lib/browser.mjs";
import { residentNumber } from "../lib/district.mjs";
import { applyAs, fitsInBoth, nextPhone, openMy } from "./resident.mjs";

export function offlineSpecs(world) {
  describe("the pages around the pass without a network", () => {
    let page;
    const kept = () =>
      page.evaluate(
        () =>
          new Promise((done, failed) => {
            const opening = indexedDB.open("gridpass", 1);
            opening.onerror = () => failed(opening.error);
            opening.onsuccess = () => {
              const names = opening.result.transaction("kept").objectStore("kept").getAllKeys();
              names.onsuccess = () => done(names.result);
            };
          }),
      );
    before(async () => {
      page = await openPage(world.browser, { viewport: { width: 360, height: 780 } });
      await applyAs(page, world.server, { name: "何美华", number: residentNumber(895), phone: nextPhone() });
      await until(page, () => navigator.serviceWorker.controller !== null);
      await openMy(page, world.server, "why", "为什么是这个颜色");
      await page.getByText("怎样恢复").waitFor();
      // The worker of these pages is another than the pass's.
      await until(page, async () => (await navigator.serviceWorker.getRegistration("/my/"))?.active?.scriptURL.endsWith("/my/sw.js"));
      await page.context().setOffline(true);
    });
    after(() => closePage(page));

    test("open, and say what the colour meant when it was last read", async () => {
      await page.reload();
      await page.getByRole("heading", { level: 1, name: "为什么是这个颜色" }).waitFor();
      await page.getByText(/^没有网络，以下是.+时的情况。/).waitFor();
      const card = page.getByRole("region", { name: "何美华" });
      assert.match(await card.innerText(), /黄证[\s\S]*怎样恢复/);
      await fitsInBoth(page, "why, without a network");
    });

    test("say what waits, in English, too, and lead to the pass, which works", async () => {
      await openMy(page, world.server, "family", "家人");
      await page.getByRole("region", { name: "现在连不上网" }).waitFor();
      await page.getByRole("button", { name: "English" }).click();
      await page.getByRole("region", { name: "There is no network" }).waitFor();
      await fitsInBoth(page, "the family without a network");
      await page.getByRole("link", { name: "Show my pass" }).click();
      await page.locator("[data-code]").waitFor();
      await page.getByRole("heading", { level: 1 }).filter({ hasText: "Yellow" }).waitFor();
    });

    test("work again with the network, and forget with the pass", async () => {
      await page.context().setOffline(false);
      await openMy(page, world.server, "why", "Why this colour");
      await page.getByText("How it changes back").waitFor();
      assert.equal(await page.getByText(/^There is no network/).count(), 0);
      assert.ok((await kept()).includes("last.why"));
      await page.goto(world.server.publicUrl);
      page.once("dialog", (dialog) => dialog.accept());
      await page.getByRole("button", { name: "Remove from this phone" }).click();
      await page.getByLabel("Document number").waitFor();
      assert.deepEqual(await kept(), []);
    });
  });
}
