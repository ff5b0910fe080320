/** Maps at the console: a file with faults, a good one, what it shows, taken away again. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { closePage, DESKTOP, openPage, PHONE } from "../lib/browser.mjs";
import { fits, openConsole, pickPlace } from "../lib/console.mjs";
import { estate } from "../lib/estate.mjs";

const file = (map, name = "liulian.geojson") => ({
  name,
  mimeType: "application/geo+json",
  buffer: Buffer.from(typeof map === "string" ? map : JSON.stringify(map)),
});

export function mapConsoleSpecs(world) {
  describe("maps at the console", () => {
    let page;
    before(async () => {
      page = await openPage(world.browser, { viewport: DESKTOP });
      await openConsole(page, world, "community_lead", "maps", "地图");
    });
    after(() => closePage(page));
    const upload = (map) => page.locator("input[type=file]").setInputFiles(file(map));

    test("a place without a map says so", async () => {
      await page.getByText("请先选择区划。").waitFor();
      await pickPlace(page, "区划", "六联", /六联社区/);
      await page.getByText("还没有地图。").waitFor();
      await fits(page, "a place without a map");
    });

    test("a file with faults is told feature by feature, and nothing changes", async () => {
      const wrong = estate("别处花园", 2);
      wrong.features[0].properties.enclosure = "金地朗悦花园";
      wrong.features[2].geometry.coordinates[0].pop();
      await upload(wrong);
      const faults = page.getByRole("alert");
      await faults.getByText("第 2 个要素：辖区内没有该编号或名称的围合区").waitFor();
      await faults.getByText("第 3 个要素：轮廓至少 4 个点，且首尾相同").waitFor();
      await fits(page, "the faults of a map");
      await upload("no map at all");
      await page.getByText("请求内容不是有效的 JSON").waitFor();
      await page.getByText("还没有地图。").waitFor();
    });

    test("a good file is drawn at once, and can be taken away", async () => {
      await upload(estate("金地朗悦花园", 6));
      await page.getByText("已启用：6 栋楼，2 处其他要素。").waitFor();
      const picture = page.getByRole("img", { name: "地图预览" });
      assert.equal(await picture.locator(".map-is-building").count(), 6);
      await picture.getByText("东门").waitFor();
      await fits(page, "a map");
      await page.setViewportSize(PHONE);
      await fits(page, "a map on a phone");
      await page.setViewportSize(DESKTOP);
      await page.getByRole("button", { name: "删除地图" }).click();
      await page.getByText("地图已删除。").waitFor();
      await page.getByText("还没有地图。").waitFor();
    });
  });
}
