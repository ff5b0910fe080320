/** A kind of facts and a column of the rule table, added as data by two people and used in a draft. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, DESKTOP, openPage, PHONE } from "../lib/browser.mjs";
import { find, fits, openConsole } from "../lib/console.mjs";
import { residentNumber } from "../lib/district.mjs";
import { openRules } from "./rules.mjs";

const entry = (page, key) => page.locator(".entries > li").filter({ has: page.locator("h3 code", { hasText: key }) });

/** Fills a field of a group by its label. */
async function fill(within, fields) {
  for (const [label, text] of Object.entries(fields)) await within.getByLabel(label, { exact: true }).fill(text);
}

export function catalogueSpecs(world) {
  describe("the catalogue of facts", () => {
    const number = residentNumber(971, "19790606");
    let maker;
    let approver;

    before(async () => {
      await world.district.enter("卫青", number);
      maker = await openPage(world.browser, { viewport: DESKTOP });
      approver = await openPage(world.browser, { viewport: PHONE, language: "zh-CN" });
      await openRules(maker, world, "rule_maker");
      await openRules(approver, world, "rule_approver");
    });
    after(async () => {
      await closePage(maker);
      await closePage(approver);
    });

    /** Approves what waits, on a phone. */
    async function approve(key) {
      await approver.goto(`${world.server.staffUrl}/#rules`);
      await approver.goto(`${world.server.staffUrl}/#rules/catalogue`);
      const waiting = entry(approver, key);
      await waiting.getByRole("button", { name: "批准" }).click();
      await assertAccessible(approver, "an approval");
      await approver.getByLabel("理由（记录在案）").fill("卫健局第12号通知");
      await waiting.getByRole("button", { name: "批准" }).click();
      await waiting.locator(".tag", { hasText: "已批准" }).waitFor();
      await fits(approver, "the catalogue on a phone");
    }

    test("takes a new kind of facts, proposed by one and approved by another unit", async () => {
      await maker.getByRole("link", { name: /打开目录/ }).click();
      await maker.getByText("还没有新增的种类。").waitFor();
      await assertAccessible(maker, "the empty catalogue");
      await maker.getByRole("button", { name: "新增种类" }).click();
      const form = maker.getByRole("form", { name: "新增种类" });
      await form.getByLabel("代号", { exact: true }).first().fill("test_result");
      await form.getByLabel("名称（中文）").first().fill("检测结果");
      await form.getByLabel("名称（英文）").first().fill("Test result");
      const result = form.getByRole("group", { name: "字段 1" });
      await result.getByLabel("代号", { exact: true }).fill("result");
      await result.getByLabel("名称（中文）").first().fill("结果");
      await result.getByLabel("名称（英文）").first().fill("Result");
      for (const [at, key, zh, en] of [[0, "negative", "阴性", "Negative"], [1, "positive", "阳性", "Positive"]]) {
        const word = result.locator(".word").nth(at);
        await fill(word, { [`选项 ${at + 1} 的代号`]: key, "名称（中文）": zh, "名称（英文）": en });
      }
      const taken = form.getByRole("group", { name: "字段 2" });
      await fill(taken, { 代号: "taken_at", "名称（中文）": "采样时间", "名称（英文）": "Taken at" });
      await form.getByLabel("发生时间取自").selectOption({ label: "采样时间" });
      await fill(form, {
        "法律依据（中文）": "传染病防治法第十二条",
        "法律依据（英文）": "Law on Infectious Diseases, article 12",
        "用途（中文）": "依据近期检测判定通行",
        "用途（英文）": "Passing by a recent test",
        "理由（记录在案）": "采用核酸检测结果",
      });
      await assertAccessible(maker, "the form of a kind");
      await form.getByRole("button", { name: "提出" }).click();
      await entry(maker, "test_result").locator(".tag", { hasText: "待批准" }).waitFor();
      await approve("test_result");
    });

    test("refuses a name that is taken, at its field", async () => {
      await maker.goto(`${world.server.staffUrl}/#rules`);
      await maker.goto(`${world.server.staffUrl}/#rules/catalogue`);
      await entry(maker, "test_result").locator(".tag", { hasText: "已批准" }).waitFor();
      await maker.getByRole("button", { name: "新增列" }).click();
      const form = maker.getByRole("form", { name: "新增列" });
      await fill(form, { 代号: "stay", "名称（中文）": "距最近阴性检测", "名称（英文）": "Since negative test" });
      await form.getByLabel("计入哪些").selectOption({ label: "结果" });
      await form.getByLabel("阴性 negative").check();
      await form.getByLabel("理由（记录在案）").fill("48小时内阴性可通行");
      await form.getByText("检测结果 · 距最近一次的时间 · 仅 结果 为 阴性").waitFor();
      await form.getByRole("button", { name: "提出" }).click();
      await form.getByText("该名称已被使用").waitFor();
      assert.equal(await form.getByLabel("代号", { exact: true }).getAttribute("aria-invalid"), "true");
      await form.getByLabel("代号", { exact: true }).fill("hours_since_negative_test");
      await form.getByRole("button", { name: "提出" }).click();
      await entry(maker, "hours_since_negative_test").locator(".tag", { hasText: "待批准" }).waitFor();
      await approve("hours_since_negative_test");
    });

    test("gives the editor the column with its forms, and faults at its cells", async () => {
      await maker.goto(`${world.server.staffUrl}/#rules`);
      await maker.reload();
      await maker.getByRole("button", { name: "新建草案" }).click();
      await maker.getByLabel("理由（记录在案）").fill("48小时内阴性可通行");
      await maker.getByRole("button", { name: "新建草案" }).click();
      await maker.getByText("表格无误").waitFor();
      await maker.getByLabel("添加目录中的列…").selectOption("hours_since_negative_test");
      await maker.getByRole("columnheader", { name: /距最近阴性检测/ }).waitFor();
      await maker.getByRole("button", { name: "在 A13 上方插入一行" }).click();
      const cell = (column) => maker.getByLabel(`A16, ${column}`, { exact: true });
      await cell("颜色").selectOption({ label: "绿" });
      await cell("原因").selectOption("verified_resident");
      await cell("告知（中文）").fill("检测有效，可通行");
      await cell("告知（英文）").fill("Your test is valid; you may pass");
      await cell("距最近阴性检测").fill("< 48");
      await cell("距最近阴性检测").blur();
      await maker.getByText("不是时长，应写整小时或整天，如 48h 或 14d").waitFor();
      await assertAccessible(maker, "a fault at a duration");
      assert.equal(await maker.getByRole("button", { name: "保存", exact: true }).isDisabled(), true);
      await cell("距最近阴性检测").fill("< 48h");
      await cell("距最近阴性检测").blur();
      await maker.getByText("表格无误").waitFor();
      await maker.getByRole("button", { name: "保存", exact: true }).click();
      await maker.getByRole("button", { name: "放弃未保存的修改" }).waitFor({ state: "detached" });
      assert.equal(await cell("距最近阴性检测").inputValue(), "< 48h");
      await assertAccessible(maker, "the table with a column of the catalogue");
    });

    test("shows such a fact in the record, in the catalogue's words", async () => {
      await world.district.record(number, { kind: "test_result", result: "negative", taken_at: (await world.district.time()).now, source: "city laboratory" });
      const worker = await openPage(world.browser, { viewport: PHONE });
      await openConsole(worker, world, "grid_worker", "people", "人员");
      await find(worker, number);
      const facts = worker.getByRole("region", { name: "有效依据" });
      await facts.getByText(/检测结果 · 阴性 · 采样时间/).waitFor();
      await assertAccessible(worker, "a record with a catalogued fact");
      await closePage(worker);
    });
  });
}
