/** A gate whose devices type at the wrong moment: a thermometer after the scan, a reader into an open sheet. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { closePage, openPage } from "../lib/browser.mjs";
import { residentNumber } from "../lib/district.mjs";
import { answered, goOnDuty, wedge } from "./gate.mjs";

export function aloneSpecs(world) {
  describe("a gate whose devices type at the wrong moment", () => {
    const [green, second] = [residentNumber(831), residentNumber(832)];
    const names = { green: "严冬梅", second: "傅长河" };
    let page;
    let token;
    before(async () => {
      const { district } = world;
      for (const [key, number] of Object.entries({ green, second })) {
        await district.enrol(names[key], number);
        await district.verify(number);
      }
      page = await openPage(world.browser, { viewport: { width: 360, height: 740 } });
      await page.goto(`${world.server.staffUrl}/gate/#code=${await district.deviceCode("五号机")}`);
      await page.locator("form button.primary").click();
      await page.locator("#username").waitFor();
      await goOnDuty(page, district.accounts.gate_guard);
      token = await page.evaluate(() => localStorage.getItem("gridpass.device_token"));
    });
    after(() => closePage(page));

    const next = () => page.getByRole("button", { name: "下一位" }).click();
    const today = async () => (await world.district.asDevice("device/board", token)).day;

    test("a reading after the scan is that person's, and never the next one's", async () => {
      await wedge(page, green);
      await answered(page, "pass");
      await wedge(page, "36.6");
      await page.locator(".measured", { hasText: "36.6℃" }).waitFor();
      const before = (await today()).scans;
      await next();
      await wedge(page, second);
      await answered(page, "pass");
      await page.getByRole("heading", { name: names.second }).waitFor();
      assert.equal(await page.locator(".measured").count(), 0, "the reading stayed with its person");
      assert.equal((await today()).scans - before, 1, "a normal reading is no second crossing");
      await wedge(page, "37.9");
      await answered(page, "stop");
      await page.locator(".measured", { hasText: "37.9℃" }).waitFor();
      await page.getByRole("heading", { name: names.second }).waitFor();
      await next();
      await wedge(page, green);
      await answered(page, "pass");
      assert.equal(await page.locator(".measured").count(), 0);
      await next();
    });

    test("what a device types into an open sheet is taken, not cancelled by its Enter", async () => {
      await page.getByRole("button", { name: "证件号" }).click();
      await page.getByRole("dialog").waitFor();
      await wedge(page, green);
      await answered(page, "pass");
      await next();
      await page.getByRole("button", { name: "体温" }).click();
      await page.getByRole("dialog").waitFor();
      await wedge(page, "366");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.getByRole("button", { name: /36\.6℃/ }).waitFor();
      await wedge(page, green);
      await answered(page, "pass");
      await page.locator(".measured", { hasText: "36.6℃" }).waitFor();
      await next();
    });
  });
}
