/** Phones of some years ago: without what newer browsers brought, and without anything to keep things in. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { closePage, openPage } from "../lib/browser.mjs";
import { residentNumber } from "../lib/district.mjs";
import { applyAs, nextPhone, openMy } from "./resident.mjs";

/** As iOS 13 and Chrome 70 are. */
const withoutNews = () => {
  delete AbortSignal.timeout;
  delete AbortSignal.any;
  delete Object.hasOwn;
  delete Object.groupBy;
  delete Element.prototype.replaceChildren;
  delete String.prototype.replaceAll;
  delete String.prototype.at;
  for (const name of ["at", "findLast", "findLastIndex", "toReversed", "toSorted", "toSpliced", "with"]) delete Array.prototype[name];
  delete Crypto.prototype.randomUUID;
  delete globalThis.structuredClone;
};
/** As a locked-down view is: nothing may be kept. */
const withoutStorage = () => {
  const refused = () => {
    throw new DOMException("denied", "SecurityError");
  };
  Object.defineProperty(globalThis, "localStorage", { get: refused });
  Object.defineProperty(globalThis, "indexedDB", { get: () => undefined });
};

export function oldPhoneSpecs(world) {
  describe("a phone of some years ago", () => {
    test("gets a pass, shows it, and opens the pages around it", async () => {
      const page = await openPage(world.browser, { viewport: { width: 320, height: 568 } });
      await page.addInitScript(withoutNews);
      await applyAs(page, world.server, { name: "钱婆婆", number: residentNumber(897, "19400203"), phone: nextPhone() });
      await page.reload();
      await page.getByText("数据刚刚更新").waitFor();
      for (const [name, heading] of [
        ["home", "我的服务"],
        ["why", "为什么是这个颜色"],
        ["data", "我的信息"],
        ["install", "放到手机桌面"],
      ])
        await openMy(page, world.server, name, heading);
      await closePage(page);
    });

    test("that may keep nothing shows the pass while the page is open", async () => {
      const page = await openPage(world.browser, { serviceWorkers: "block" });
      await page.addInitScript(withoutStorage);
      await applyAs(page, world.server, { name: "孙爷爷", number: residentNumber(898, "19410203"), phone: nextPhone() });
      await page.getByRole("button", { name: "大字版" }).click();
      assert.equal(await page.evaluate(() => document.documentElement.classList.contains("elder")), true);
      await page.locator("[data-code]").waitFor();
      await closePage(page);
    });

    test("is told at the server when its holder removes the pass", async () => {
      const page = await openPage(world.browser);
      await applyAs(page, world.server, { name: "周奶奶", number: residentNumber(899, "19420203"), phone: nextPhone() });
      const ended = page.waitForResponse((answer) => answer.url().endsWith("/api/v1/pass/phone"));
      page.once("dialog", (dialog) => dialog.accept());
      await page.getByRole("button", { name: "从这部手机移除" }).click();
      assert.equal((await ended).status(), 204);
      await page.getByRole("heading", { level: 1, name: "领取电子通行证" }).waitFor();
      await closePage(page);
    });
  });
}
