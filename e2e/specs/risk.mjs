/** Areas of high risk at the console: begun, ended, corrected, taken from a file. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, DESKTOP, openPage } from "../lib/browser.mjs";
import { fits, openConsole, speak } from "../lib/console.mjs";

export function riskSpecs(world) {
  describe("areas of high risk at the console", () => {
    let desk;
    before(async () => {
      desk = await openPage(world.browser, { viewport: DESKTOP });
      await openConsole(desk, world, "data_desk", "risk", "高风险地区");
    });
    after(() => closePage(desk));
    const line = (name) => desk.locator("li.risk-line").filter({ hasText: name });

    test("are none at first, and are added with what is wrong said at the field", async () => {
      await desk.getByText("目前没有高风险地区。").waitFor();
      await fits(desk, "no area of risk");
      await desk.getByRole("button", { name: "新增地区" }).click();
      const form = desk.getByRole("dialog", { name: "新增地区" });
      await form.getByLabel("地区编码").fill("420");
      await form.getByRole("button", { name: "保存" }).click();
      await form.getByText("须为 2、4、6、9、12 或 15 位数字").waitFor();
      await assertAccessible(desk, "an area with faults");
      await form.getByLabel("地区编码").fill("4201");
      await form.getByText("湖北").waitFor();
      await form.getByLabel("中文名称").fill("武汉市");
      await form.getByLabel("英文名称").fill("Wuhan");
      await form.getByLabel("风险开始").fill("2020-01-20");
      await form.getByRole("button", { name: "保存" }).click();
      await desk.getByText("已保存，新的申报即按此计算。").waitFor();
      assert.match(await line("武汉市").innerText(), /湖北 · 4201[\s\S]*高风险[\s\S]*2020-01-20 起/);
    });

    test("come from a file, after what it changes was seen", async () => {
      await desk.getByRole("button", { name: "导入文件" }).click();
      const dialog = desk.getByRole("dialog", { name: "从文件导入" });
      const give = (text) => dialog.getByLabel("选择文件").setInputFiles({ name: "areas.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
      await give("area_code,name_zh,name_en,since,until\n77,某地,Somewhere,2020-01-01,\n");
      await dialog.getByText("第 2 行：须为 2、4、6、9、12 或 15 位数字，前两位为省份").waitFor();
      assert.equal(await dialog.getByRole("button", { name: "导入", exact: true }).isDisabled(), true);
      await give("area_code,name_zh,name_en,since,until\n4201,武汉市,Wuhan,2020-01-15,\n4408,湛江市,Zhanjiang,2020-02-01,2020-02-20\n3303,温州市,Wenzhou,2020-01-25,\n");
      await dialog.getByText("新增 2 个").waitFor();
      await dialog.getByText("更改 1 个").waitFor();
      await fits(desk, "what a file changes");
      await dialog.getByRole("button", { name: "导入", exact: true }).click();
      await line("温州市").waitFor();
      const past = desk.getByRole("region", { name: "已解除的地区" });
      assert.match(await past.innerText(), /湛江市[\s\S]*2020-02-01 至 2020-02-20/);
      assert.match(await line("武汉市").innerText(), /2020-01-15 起/);
    });

    test("end on a day and are kept among those that were", async () => {
      await desk.getByRole("button", { name: "解除 温州市" }).click();
      const dialog = desk.getByRole("dialog", { name: /解除高风险：温州市/ });
      await dialog.getByLabel("最后一天").fill("2020-01-01");
      await dialog.getByText("最后一天不能早于开始").waitFor();
      await dialog.getByLabel("最后一天").fill("2020-02-28");
      await dialog.getByRole("button", { name: "确认解除" }).click();
      const past = desk.getByRole("region", { name: "已解除的地区" });
      await past.getByText("温州市").first().waitFor();
      await fits(desk, "areas that lasted and that were");
    });

    test("are removed only as a mistake, and are saved as a file", async () => {
      await desk.getByRole("button", { name: "更改 湛江市" }).click();
      await desk.getByRole("button", { name: "删除（录入有误）" }).click();
      await desk.getByText("视为从未有过风险").waitFor();
      await desk.getByRole("button", { name: "确认删除" }).click();
      await line("湛江市").waitFor({ state: "detached" });
      const [file] = await Promise.all([desk.waitForEvent("download"), desk.getByRole("button", { name: "导出文件" }).click()]);
      const text = await readFile(await file.path(), "utf8");
      assert.equal(text, "\uFEFFarea_code,name_zh,name_en,since,until\n3303,温州市,Wenzhou,2020-01-25,2020-02-28\n4201,武汉市,Wuhan,2020-01-15,\n");
    });

    test("two who save at once lose nothing: the second sees what came between, with all they typed", async () => {
      const other = await openPage(world.browser, { viewport: DESKTOP });
      await openConsole(other, world, "data_desk", "risk", "高风险地区");
      await other.locator("li.risk-line").filter({ hasText: "武汉市" }).waitFor();
      const add = async (page, [code, zh, en]) => {
        await page.getByRole("button", { name: "新增地区" }).click();
        const form = page.getByRole("dialog", { name: "新增地区" });
        await form.getByLabel("地区编码").fill(code);
        await form.getByLabel("中文名称").fill(zh);
        await form.getByLabel("英文名称").fill(en);
        return form;
      };
      const mine = await add(desk, ["3301", "杭州市", "Hangzhou"]);
      const theirs = await add(other, ["4401", "广州市", "Guangzhou"]);
      await theirs.getByRole("button", { name: "保存" }).click();
      await other.getByText("已保存，新的申报即按此计算。").waitFor();
      await mine.getByRole("button", { name: "保存" }).click();
      const between = mine.getByRole("region", { name: "您填写期间，名单已被他人更改" });
      await between.getByText("代码：risk_areas_changed").waitFor();
      assert.match(await between.innerText(), /新增 · 广州市[\s\S]*数据统计组/);
      assert.equal(await mine.getByLabel("中文名称").inputValue(), "杭州市");
      await fits(desk, "a save that came second");
      await mine.getByRole("button", { name: "保存" }).click();
      await desk.getByText("已保存，新的申报即按此计算。").waitFor();
      await line("杭州市").waitFor();
      await line("广州市").waitFor();
      await closePage(other);
    });

    test("keep who changed what and when", async () => {
      const record = desk.getByRole("region", { name: "改动记录" });
      await record.getByText("新增 · 杭州市").waitFor();
      const text = await record.innerText();
      assert.match(text, /新增 · 杭州市[\s\S]*新增 · 广州市[\s\S]*删除 · 湛江市[\s\S]*解除 · 温州市\s*3303\s*最后一天：未定 → 2020-02-28\s*数据统计组/);
      await fits(desk, "the record of changes");
    });

    test("are for others to look at, on a phone and in English", async () => {
      const page = await openPage(world.browser, { viewport: { width: 360, height: 780 } });
      await openConsole(page, world, "grid_worker", "risk", "高风险地区");
      await page.getByText("您的角色只能查看。名单由数据统计组维护。").waitFor();
      assert.equal(await page.getByRole("button", { name: "新增地区" }).count(), 0);
      await fits(page, "areas of risk on a phone");
      await speak(page, "English");
      await page.getByText("Hubei · 4201").waitFor();
      await fits(page, "areas of risk on a phone, in English");
      await closePage(page);
    });
  });
}
