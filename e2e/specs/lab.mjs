/** What else two people do with a version: keep what is unfinished, files, shadows, taking back, giving up. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, DESKTOP, openPage } from "../lib/browser.mjs";
import { openRules } from "./rules.mjs";

const part = (page, name) => page.getByRole("navigation", { name: "版本的各步" }).getByRole("link", { name });
const saved = (page) => page.locator(".version-head .tag");
const why = (page) => page.getByLabel("理由（记录在案）");

export function labSpecs(world) {
  describe("a version in the lab", () => {
    let maker;
    let approver;
    let version;

    before(async () => {
      maker = await openPage(world.browser, { viewport: DESKTOP });
      approver = await openPage(world.browser, { viewport: DESKTOP });
      await openRules(maker, world, "rule_maker");
      await maker.getByRole("button", { name: "新建草案" }).click();
      await why(maker).fill("试验室");
      await maker.getByRole("button", { name: "新建草案" }).click();
      await maker.getByRole("heading", { level: 1, name: /^第 \d+ 版$/ }).waitFor();
      version = Number(/\d+/.exec(await maker.getByRole("heading", { level: 1 }).innerText()));
      await maker.getByText("表格无误").waitFor();
    });
    after(async () => {
      await closePage(maker);
      await closePage(approver);
    });

    test("keeps faulty tables through a reload, until they are given up", async () => {
      await maker.getByRole("button", { name: "在末尾加一行" }).click();
      await maker.getByText("处错误，改正后方可保存").waitFor();
      await maker.reload();
      await maker.getByText("以下修改尚未保存").waitFor();
      await maker.getByText("处错误，改正后方可保存").waitFor();
      assert.equal(await maker.getByRole("textbox", { name: "A16, 行", exact: true }).count(), 1);
      await assertAccessible(maker, "tables that were found again");
      await maker.getByRole("button", { name: "放弃未保存的修改" }).click();
      await maker.getByText("表格无误").waitFor();
      await maker.reload();
      await maker.getByText("表格无误").waitFor();
      assert.equal(await maker.getByRole("textbox", { name: "A16, 行", exact: true }).count(), 0);
    });

    test("goes out as a workbook and comes in again", async () => {
      await maker.getByText("下载", { exact: true }).click();
      const [file] = await Promise.all([
        maker.waitForEvent("download"),
        maker.getByRole("button", { name: "Excel 工作簿" }).click(),
      ]);
      assert.match(file.suggestedFilename(), /\.xlsx$/);
      const path = await file.path();
      const checked = maker.waitForResponse(/rule-tables\/check$/);
      await maker.locator("input[type=file]").setInputFiles({
        name: "rules.xlsx",
        mimeType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        buffer: await readFile(path),
      });
      await checked;
      await maker.getByText("表格无误").waitFor();
      assert.equal(await maker.getByRole("button", { name: "放弃未保存的修改" }).count(), 0, "the same tables change nothing");
    });

    test("is back-tested for chosen places and by other assumptions", async () => {
      await part(maker, "用例").click();
      await maker.getByRole("button", { name: "校验并记录" }).click();
      await saved(maker).filter({ hasText: "用例已通过" }).waitFor();
      await part(maker, "回测与影响").click();
      await maker.getByText("试算范围：全区").click();
      await maker.getByLabel("指定街道或社区").check();
      await maker.getByLabel("坪山街道", { exact: true }).check();
      await maker.getByText("时间与人力的估算依据").click();
      await maker.getByLabel("现场核查一人（秒）").fill("45");
      await assertAccessible(maker, "a back-test to ask for");
      await maker.getByRole("button", { name: "开始回测" }).click();
      await maker.getByText(/范围：坪山街道/).waitFor();
      await saved(maker).filter({ hasText: "已回测" }).waitFor();
    });

    test("runs as a shadow in a chosen street, for a share of the scans", async () => {
      await openRules(approver, world, "rule_approver");
      await approver.goto(`${world.server.staffUrl}/#rules/${version}/release`);
      await why(approver).fill("试验室批准");
      await approver.getByRole("button", { name: "批准", exact: true }).click();
      await saved(approver).filter({ hasText: "已批准" }).waitFor();
      const shadow = approver.getByRole("region", { name: "影子运行" });
      await shadow.getByRole("button", { name: "开始影子运行" }).click();
      await why(shadow).fill("先看一个街道");
      await shadow.getByLabel("指定街道或社区").check();
      await shadow.getByLabel("坪山街道", { exact: true }).check();
      await shadow.getByLabel("再判定的扫码比例").selectOption("25");
      await assertAccessible(approver, "a shadow to begin");
      await shadow.getByRole("button", { name: "开始影子运行" }).click();
      const line = shadow.locator("li").filter({ hasText: "坪山街道" }).filter({ hasText: "25% 的扫码，统计全部人员" });
      await line.waitFor();
      await line.getByRole("button", { name: "结束" }).click();
      await line.getByRole("button", { name: "结束" }).waitFor({ state: "detached" });
    });

    test("is taken back before it begins, and given up", async () => {
      const release = approver.getByRole("region", { name: "批准与生效" });
      await release.getByLabel("指定街道或社区").check();
      await release.getByLabel("马峦街道", { exact: true }).check();
      await release.getByLabel("起（不填即刻）").fill("2031-01-01T08:00");
      await why(release).first().fill("明年再说");
      await release.getByRole("button", { name: "设定生效" }).click();
      const line = release.locator(".schedules > li").filter({ hasText: "明年再说" });
      await line.getByRole("button", { name: "取消" }).click();
      await why(line).fill("不再需要");
      await line.locator("button.primary").click();
      await line.getByText("已取消").waitFor();
      const leave = approver.getByRole("region", { name: "作废" });
      await leave.getByRole("button", { name: "作废" }).click();
      await why(leave).fill("试验结束");
      await leave.getByRole("button", { name: "作废" }).click();
      await saved(approver).filter({ hasText: "已作废" }).waitFor();
      await part(approver, "经过").click();
      await approver.getByText("试验结束").waitFor();
      await assertAccessible(approver, "the history of a version that was given up");
    });
  });
}
