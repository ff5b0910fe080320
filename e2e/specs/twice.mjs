/** A gate device whose app is opened twice: one window works, whoever goes on in the other has the shift there. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { closePage, openPage } from "../lib/browser.mjs";
import { fits } from "../lib/console.mjs";
import { residentNumber } from "../lib/district.mjs";
import { enrolDevice, guardOn, nudge } from "../lib/guard.mjs";
import { answered, goOnDuty, unlockGate, wedge } from "./gate.mjs";
import { apply, codeOf } from "./pass.mjs";

export function twiceSpecs(world) {
  describe("a gate device whose app is opened twice", () => {
    const number = residentNumber(21, "19770707");
    let page, other, guard, there, phone;
    before(async () => {
      const { district } = world;
      phone = await openPage(world.browser);
      await apply(phone, world.server, { name: "常玉兰", number });
      await district.verify(number);
      page = await openPage(world.browser, { viewport: { width: 360, height: 740 } });
      guard = guardOn(page, world);
      await enrolDevice(page, world, await district.deviceCode("九号机"));
      await goOnDuty(page, district.accounts.gate_guard);
      await guard.prepared();
      await guard.freshSnapshot();
      other = await page.context().newPage();
      other.errors = [];
      other.on("pageerror", (error) => other.errors.push(error.message));
      there = guardOn(other, world);
    });
    after(async () => {
      await closePage(page);
      await closePage(phone);
      assert.deepEqual(other.errors, []);
    });

    test("works in one window; the other says so", async () => {
      await other.goto(`${world.server.staffUrl}/gate/`);
      await other.getByRole("heading", { name: "已在另一个窗口打开" }).waitFor();
      await fits(other, "a second window");
      await wedge(other, number);
      assert.equal(await other.locator("[data-action]").count(), 0);
      await wedge(page, number);
      await answered(page, "pass");
      await guard.next();
    });

    test("goes on in the other where the guard says so, and locks in the first", async () => {
      await other.getByRole("button", { name: "在这里继续" }).click();
      await unlockGate(other);
      await page.getByRole("heading", { name: "已在另一个窗口打开" }).waitFor();
      await wedge(other, number);
      await answered(other, "pass");
      await there.next();
    });

    test("handed over in one, no window goes on scanning", async () => {
      await there.menu("交班");
      await other.getByRole("button", { name: "确认交班" }).click();
      await other.getByRole("heading", { name: "上岗登录" }).waitFor();
      await page.getByRole("button", { name: "在这里继续" }).click();
      await page.getByRole("heading", { name: "上岗登录" }).waitFor();
      await other.getByRole("heading", { name: "已在另一个窗口打开" }).waitFor();
    });

    test("remembers the codes shown without network, whichever window and however often loaded", async () => {
      await goOnDuty(page, world.district.accounts.gate_guard);
      await guard.freshSnapshot();
      await guard.cut();
      const code = await codeOf(phone);
      await wedge(page, code);
      await page.locator('[data-action="pass"][data-rung="snapshot"]').waitFor();
      await guard.next();
      await page.reload();
      await unlockGate(page);
      await wedge(page, code);
      await answered(page, "check");
      await page.getByText("这个码刚刚出示过，请对照本人").waitFor();
      await page.context().setOffline(false);
      await nudge(page);
    });

    test("the first closed, the second goes on by itself", async () => {
      await page.goto("about:blank");
      await other.getByRole("heading", { name: "已锁定" }).waitFor();
    });
  });
}
