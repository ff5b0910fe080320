/** The district on one page: numbers that move, a map that can be read and walked without a mouse. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, DESKTOP, openPage, PHONE, until } from "../lib/browser.mjs";
import { fits, openConsole, pickPlace } from "../lib/console.mjs";
import { residentNumber } from "../lib/district.mjs";

/** Signs an account in and waits for its numbers. */
export async function signIn(page, world, role) {
  const { username, password } = world.district.accounts[role];
  await page.goto(world.server.staffUrl);
  await page.getByLabel("用户名").fill(username);
  await page.getByLabel("密码").fill(password);
  await page.getByRole("button", { name: "登录" }).click();
  await page.getByRole("heading", { level: 1, name: "坪山区" }).waitFor();
  await page.locator("[data-count=green]").waitFor();
}

export function consoleSpecs(world) {
  describe("the console", () => {
    let page;
    before(async () => {
      page = await openPage(world.browser, { viewport: DESKTOP });
    });
    after(() => closePage(page));

    test("lets nobody in with a wrong password", async () => {
      await page.goto(world.server.staffUrl);
      await assertAccessible(page, "the sign-in page");
      await page.getByLabel("用户名").fill("e2e.data_desk");
      await page.getByLabel("密码").fill("wrong-password");
      await page.getByRole("button", { name: "登录" }).click();
      await page.getByRole("alert").waitFor();
    });

    test("shows the district, live", async () => {
      await signIn(page, world, "team_doctor");
      await page.getByText("实时", { exact: true }).waitFor();
      await page.locator("svg.hexes").waitFor();
      await assertAccessible(page, "the live page");
    });

    test("moves when somebody is scanned and when somebody enrols", async () => {
      const number = residentNumber(301);
      const hour = page.locator(".scans p").filter({ hasText: "近一小时" });
      const people = page.locator(".people .total strong");
      const before = { hour: await hour.innerText(), people: await people.innerText() };
      await world.district.enrol("周涛", number);
      await world.district.scan(number);
      await until(page, (old) => document.querySelector(".people .total strong")?.textContent !== old, before.people);
      await until(
        page,
        (old) => ![...document.querySelectorAll(".scans p")].some((line) => line.textContent === old),
        before.hour,
      );
      await page.locator(".gates li").filter({ hasText: "东门" }).waitFor();
    });

    test("shows the privacy officer what stands out, and the log", async () => {
      const own = await openPage(world.browser, { viewport: DESKTOP });
      const { username, password } = world.district.accounts.privacy_officer;
      await own.goto(world.server.staffUrl);
      await own.getByLabel("用户名").fill(username);
      await own.getByLabel("密码").fill(password);
      await own.getByRole("button", { name: "登录" }).click();
      await own.getByRole("link", { name: "数据使用监督" }).click();
      await own.getByRole("heading", { level: 2, name: "异常查询" }).waitFor();
      await assertAccessible(own, "the findings");
      await own.getByRole("radio", { name: "审计日志" }).click();
      await own.getByLabel("操作", { exact: true }).selectOption({ label: "查找人员" });
      await pickPlace(own, "操作者辖区", "坪山区", /坪山区/);
      await own.getByRole("button", { name: "查询" }).click();
      await own.locator("tbody tr").filter({ hasText: "网格员" }).first().waitFor();
      await assertAccessible(own, "the audit log");
      await own.setViewportSize(PHONE);
      await assertAccessible(own, "the audit log on a phone");
      await closePage(own);
    });

    test("a red at the gate comes in by itself and is accepted", async () => {
      const number = residentNumber(302);
      await world.district.enrol("吴强", number);
      await world.district.quarantine(number);
      const alerts = page.locator(".alerts li.open");
      const before = await alerts.count();
      await world.district.scan(number);
      await until(page, (count) => document.querySelectorAll(".alerts li.open").length > count, before);
      await alerts.first().getByRole("button", { name: "接收" }).click();
      await page.locator(".alerts li.accepted").first().waitFor();
      await assertAccessible(page, "the alerts");
    });

    test("masks are lifted for half an hour, for who says why", async () => {
      await page.locator(".alerts button.name").first().click();
      const dialog = page.getByRole("dialog", { name: "吴强" });
      await dialog.getByRole("link", { name: "查看档案" }).waitFor();
      await dialog.getByText("138****").waitFor();
      await assertAccessible(page, "the record");
      await dialog.getByRole("button", { name: "紧急查看" }).click();
      const lift = dialog.getByRole("button", { name: "解除脱敏30分钟" });
      assert.equal(await lift.isDisabled(), true, "not without a reason");
      await dialog.getByLabel("原因").selectOption("urgent_contact");
      await dialog.getByLabel(/^说明/).fill("家属报警，需立即联系本人");
      await assertAccessible(page, "the reason");
      await lift.click();
      await dialog.getByText(/已解除脱敏，剩余 (29|30):/).waitFor();
      await dialog.getByText(/138\d{8}$/).waitFor();
      await dialog.getByRole("button", { name: "关闭" }).click();
    });

    test("the privacy officer sees who lifted masks and why, and says so", async () => {
      const own = await openPage(world.browser, { viewport: PHONE });
      await openConsole(own, world, "privacy_officer", "supervision", "数据使用监督");
      await own.getByRole("radio", { name: "紧急查看记录" }).click();
      const entry = own.locator(".glass li").filter({ hasText: "家属报警，需立即联系本人" });
      await entry.getByText("社区医生 · 须立即联系").waitFor();
      await fits(own, "lifted masks on a phone");
      await entry.getByRole("button", { name: "已复核" }).click();
      await entry.waitFor({ state: "detached" });
      await closePage(own);
    });

    test("alerts are narrowed to a place", async () => {
      await pickPlace(page, "区划", "马峦", /马峦街道/);
      await page.getByText("没有待处置的警报").waitFor();
      await pickPlace(page, "区划", "", /全部区划/);
      await page.locator(".alerts li:is(.open, .accepted)").first().waitFor();
    });

    test("is walked by keyboard and read as a table", async () => {
      const region = page.getByRole("button", { name: /^坪山街道/ });
      await region.focus();
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { level: 1, name: "坪山街道" }).waitFor();
      await page.getByRole("radio", { name: "表格" }).click();
      const table = page.getByRole("table").first();
      await table.waitFor();
      const cell = (row, column) => row.locator("td").nth(column).innerText();
      let sum = 0;
      for (const row of await table.locator("tbody tr").all()) {
        const [people, ...colours] = await Promise.all([0, 1, 2, 3].map((column) => cell(row, column)));
        assert.equal(colours.reduce((total, text) => total + Number(text.replace(/,/g, "")), 0), Number(people.replace(/,/g, "")));
        sum += Number(people.replace(/,/g, ""));
      }
      const total = await page.locator(".people .total strong").innerText();
      assert.equal(sum, Number(total.replace(/,/g, "")), "the level below adds up");
      await assertAccessible(page, "the table");
      await page.getByRole("button", { name: "坪山区" }).click();
      await page.getByRole("radio", { name: "地图" }).click();
    });

    test("speaks English, and fits a phone", async () => {
      await page.getByRole("button", { name: "English" }).click();
      await page.getByText("Live", { exact: true }).waitFor();
      await assertAccessible(page, "the live page in English");
      await page.setViewportSize(PHONE);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.equal(overflow, 0, "nothing sticks out at the side");
      await assertAccessible(page, "the live page on a phone");
      await page.setViewportSize(DESKTOP);
      await page.getByRole("button", { name: "中文" }).click();
    });

    test("signs out", async () => {
      await page.getByRole("button", { name: "退出" }).click();
      await page.getByLabel("用户名").waitFor();
    });
  });
}
