/** The console's menu: pages in groups, each role with its own; beside the page on a desk, over it on a phone. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, DESKTOP, openPage, PHONE } from "../lib/browser.mjs";
import { fits, goFromMenu, openConsole } from "../lib/console.mjs";

/** A role, the heading where it begins, and its menu: groups by name, or one list without headings. */
const MENUS = [
  {
    role: "community_lead",
    begins: "坪山区",
    groups: {
      今日: ["实时通行", "处置"],
      人员与证: ["人员", "隔离管理", "申诉办理", "红证确认", "打印纸质证"],
      卡口与地点: ["卡口", "地图"],
      规则与变更: ["规则", "暂缓核对", "高风险地区"],
    },
  },
  { role: "audit_admin", begins: "数据使用监督", groups: { "": ["高风险地区", "数据使用监督"] } },
];

export function menuSpecs(world) {
  describe("the console's menu", () => {
    let page;
    before(async () => {
      page = await openPage(world.browser, { viewport: DESKTOP });
    });
    after(() => closePage(page));
    const menu = () => page.getByRole("navigation", { name: "页面", exact: true });
    const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim());

    for (const { role, begins, groups } of MENUS) {
      test(`has of ${role} its pages and no other, and begins where it works`, async () => {
        await openConsole(page, world, role, "", begins);
        const links = await menu().getByRole("link").allInnerTexts();
        assert.deepEqual(links, Object.values(groups).flat());
        for (const [name, pages] of Object.entries(groups)) {
          if (!name) continue;
          const list = menu().getByRole("list", { name, exact: true });
          assert.deepEqual(await list.getByRole("link").allInnerTexts(), pages);
        }
        assert.equal(await menu().locator("[aria-current=page]").count(), 1);
        await page.getByRole("button", { name: "退出" }).click();
        await page.getByLabel("用户名").waitFor();
      });
    }

    test("says who is signed in, as what and where, and which page is on show", async () => {
      await openConsole(page, world, "community_lead", "", "坪山区");
      const me = page.getByRole("region", { name: "当前账号" });
      assert.match(await me.innerText(), /六联社区书记\s+社区负责人\s+坪山区/);
      await menu().getByRole("link", { name: "申诉办理" }).click();
      await page.getByRole("heading", { level: 1, name: "申诉办理" }).waitFor();
      assert.equal(await menu().locator("[aria-current=page]").innerText(), "申诉办理");
      await me.getByRole("link", { name: "我的账号" }).click();
      await page.getByRole("heading", { level: 1, name: "我的账号" }).waitFor();
      assert.equal(await menu().locator("[aria-current=page]").count(), 0);
      await assertAccessible(page, "the menu beside a page");
    });

    test("is passed by with one key", async () => {
      await page.reload();
      await page.getByRole("heading", { level: 1, name: "我的账号" }).waitFor();
      await page.keyboard.press("Tab");
      const skip = page.getByRole("button", { name: "跳到页面内容" });
      assert.ok((await skip.boundingBox()).height > 20, "seen while it has the focus");
      await page.keyboard.press("Enter");
      assert.equal(await focused(), "我的账号");
    });

    test("is opened on a phone, closed again, and leads to a page", async () => {
      await page.setViewportSize(PHONE);
      const button = page.getByRole("button", { name: "菜单" });
      await button.waitFor();
      assert.equal(await menu().count(), 0, "the page has the phone for itself");
      await button.press("Enter");
      await page.getByRole("dialog", { name: "菜单" }).waitFor();
      await fits(page, "the menu of a phone");
      await page.keyboard.press("Escape");
      await page.getByRole("dialog", { name: "菜单" }).waitFor({ state: "detached" });
      assert.equal(await focused(), "菜单", "back where it was opened");
      await goFromMenu(page, "高风险地区");
      await page.getByRole("heading", { level: 1, name: "高风险地区" }).waitFor();
      await page.waitForFunction(() => document.activeElement?.textContent === "高风险地区");
      await fits(page, "a page that the menu led to");
    });

    test("is signed out from on a phone, and closed for the next", async () => {
      await page.getByRole("button", { name: "菜单" }).click();
      await page.getByRole("dialog", { name: "菜单" }).getByRole("button", { name: "退出" }).click();
      await openConsole(page, world, "grid_worker", "", "坪山区");
      assert.equal(await page.getByRole("dialog", { name: "菜单" }).count(), 0);
    });
  });
}
