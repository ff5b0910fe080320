/** A device that is given to another gate: what it did stays its old gate's, and its guard signs in anew. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { closePage, openPage } from "../lib/browser.mjs";
import { fits } from "../lib/console.mjs";
import { residentNumber } from "../lib/district.mjs";
import { enrolDevice, guardOn, nudge, openAnotherGate } from "../lib/guard.mjs";
import { answered, goOnDuty, unlockGate, wedge } from "./gate.mjs";

export function movedSpecs(world) {
  describe("a device that is given to another gate", () => {
    const number = residentNumber(11, "19770707");
    let page, guard, north, west, paper, old;
    before(async () => {
      const { district } = world;
      await district.enrol("龚春燕", number);
      await district.verify(number);
      paper = await district.paperPass(number);
      [north, west] = [await openAnotherGate(world, "北侧门"), await openAnotherGate(world, "西侧门")];
      page = await openPage(world.browser, { viewport: { width: 360, height: 740 } });
      guard = guardOn(page, world);
      await enrolDevice(page, world, await north.code());
      await goOnDuty(page, district.accounts.gate_guard);
      await guard.prepared();
      old = await guard.token();
    });
    after(() => closePage(page));
    const scansOf = async (token) => (await world.district.asDevice("device/board", token)).day.scans;
    const openWith = async (hash) => {
      await page.goto("about:blank");
      await page.goto(`${world.server.staffUrl}/gate/#${hash}`);
    };
    /** A token of another gate, as an administrator gives one. */
    const tokenOf = async (gate) => {
      const path = `gates/${gate.gate_id}/devices`;
      return (await world.district.as("community_lead")(path, { body: { name: "备用机" } })).device_token;
    };

    test("is not, while something of its gate waits to be uploaded", async () => {
      await guard.cut();
      await wedge(page, paper);
      await answered(page, "pass");
      await guard.next();
      await guard.waiting(1);
      // The network is back, the upload is not.
      await page.route("**/api/v1/scans/batch", (route) => route.abort());
      await page.context().setOffline(false);
      const other = await tokenOf(west);
      await openWith(`token=${encodeURIComponent(other)}`);
      await page.getByRole("heading", { name: "北侧门" }).waitFor();
      assert.equal(await guard.token(), old, "it is the old gate's still");
      await page.getByText(/还有 1 条本卡口的记录没有上传/).waitFor();
      await fits(page, "a device that may not go yet");
      await unlockGate(page);
      await guard.waiting(1);
      await north.close();
      await nudge(page);
      await page.getByRole("heading", { name: "本卡口已关闭" }).waitFor();
      await page.getByRole("button", { name: "登记到其他卡口" }).click();
      await page.getByRole("alert").filter({ hasText: "还有 1 条本卡口的记录没有上传" }).waitFor();
      await fits(page, "a closed gate with something to upload");
      assert.equal(await guard.token(), old);
      await north.reopen();
      await page.getByRole("button", { name: "再试一次" }).click();
      await page.locator(".pin, .finder").first().waitFor();
    });

    test("uploads to the gate where it was done", async () => {
      const before = await scansOf(old);
      await page.unroute("**/api/v1/scans/batch");
      if (await page.locator(".pin").isVisible()) await unlockGate(page);
      await nudge(page);
      await guard.nothingWaits();
      assert.equal((await scansOf(old)) - before, 1);
    });

    test("ends its shift: nobody is on duty at the new gate until somebody signs in", async () => {
      await north.close();
      await nudge(page);
      await page.getByRole("heading", { name: "本卡口已关闭" }).waitFor();
      await page.getByRole("button", { name: "登记到其他卡口" }).click();
      await page.getByLabel("登记码").fill(await west.code());
      await page.getByRole("button", { name: "开始使用" }).click();
      await page.getByRole("heading", { name: "西侧门" }).waitFor();
      await page.getByRole("heading", { name: "上岗登录" }).waitFor();
      assert.notEqual(await guard.token(), old);
      assert.equal(await page.locator(".finder").count(), 0);
      assert.deepEqual(await west.shifts(), [], "nobody is on duty there");
      await page.reload();
      await page.getByRole("heading", { name: "上岗登录" }).waitFor();
      await goOnDuty(page, world.district.accounts.gate_guard);
      await guard.online();
      assert.equal((await west.shifts()).length, 1);
      assert.equal(await scansOf(await guard.token()), 0, "nothing of the old gate's came along");
      await wedge(page, paper);
      await answered(page, "pass");
      await guard.next();
      assert.equal(await scansOf(await guard.token()), 1);
    });
  });
}
