/** The map of the grid: uploaded by a lead, drawn on a worker's phone, there without network, too. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { closePage, openPage, until } from "../lib/browser.mjs";
import { fits } from "../lib/console.mjs";
import { residentNumber } from "../lib/district.mjs";
import { estate } from "../lib/estate.mjs";
import { setPin, signInField, unlock } from "../lib/field.mjs";

export function mapSpecs(world) {
  describe("the map of the grid", () => {
    let page;
    before(async () => {
      await world.district.putMap(estate("金地朗悦花园", 6));
      const at = (address, name, n) => world.district.enterAt(address, name, residentNumber(n, "19850606"));
      await at("4号楼1单元1504", "方明远", 861);
      await at("4栋201", "方明达", 862);
      await at("5栋302", "黄小丽", 863);
      page = await openPage(world.browser, { viewport: { width: 360, height: 740 } });
      await signInField(page, world, "grid_worker");
      await setPin(page);
    });
    after(() => closePage(page));
    const building = (name) => page.getByRole("button", { name: new RegExp(`^${name}，`) });
    const openMap = () => page.getByRole("button", { name: "地图", exact: true }).click();

    test("counts the doors left at each building, in word and shape", async () => {
      await openMap();
      await building("4栋").waitFor();
      assert.match(await building("4栋").getAttribute("aria-label"), /^4栋，剩 2 户，/);
      assert.match(await building("5栋").getAttribute("aria-label"), /^5栋，剩 1 户，/);
      assert.equal(await page.locator(".map-words", { hasText: "4栋" }).locator(".map-sign").count(), 1);
      await page.getByRole("img", { name: "2栋，没有待办" }).waitFor({ state: "attached" });
      assert.ok(await page.locator(".map-legend li").count());
      await fits(page, "the map");
    });

    test("opens the doors of a building that is touched, and draws elsewhere what it does not know", async () => {
      await building("4栋").click();
      const doors = page.getByRole("region", { name: "4栋", exact: true });
      await doors.getByText("1-1504").waitFor();
      assert.equal(await doors.locator("a.stop").count(), 2, "written in two ways, one building");
      await fits(page, "a building of the map");
      await page.getByRole("button", { name: "放大" }).click();
      await page.getByRole("button", { name: "全图" }).click();
      await fits(page, "the map enlarged");
      const elsewhere = page.getByRole("region", { name: "不在图上" });
      assert.equal(await elsewhere.getByText("4栋").count(), 0);
      await page.getByLabel("按房号或楼栋查找").fill("302");
      await building("5栋").waitFor();
      await page.getByRole("img", { name: "4栋，没有待办" }).waitFor({ state: "attached" });
      await page.getByLabel("按房号或楼栋查找").fill("");
    });

    test("is there without network after the page was thrown away", async () => {
      await until(page, () => navigator.serviceWorker.controller !== null);
      await page.context().setOffline(true);
      await page.reload();
      await unlock(page);
      await openMap();
      await building("4栋").waitFor();
      await building("5栋").focus();
      await page.keyboard.press("Enter");
      await page.getByRole("region", { name: "5栋", exact: true }).getByText("302").waitFor();
      await page.context().setOffline(false);
    });

    test("falls back to the plan of buildings where no map is", async () => {
      await world.district.putMap(null);
      await page.reload();
      await unlock(page);
      await page.getByRole("button", { name: "地图", exact: true }).waitFor({ state: "detached" });
      await page.getByRole("button", { name: "楼栋图" }).click();
      await page.getByRole("link", { name: /^1-1504，/ }).first().waitFor();
    });
  });
}
