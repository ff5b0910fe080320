/** The whole life of a change of the rules, by two people, at the console. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, DESKTOP, openPage, PHONE } from "../lib/browser.mjs";
import { speak } from "../lib/console.mjs";
import { residentNumber } from "../lib/district.mjs";

/** Signs an account in and opens the rule lab. */
export async function openRules(page, world, role) {
  const { username, password } = world.district.accounts[role];
  await page.goto(`${world.server.staffUrl}/#rules`);
  await page.getByLabel("用户名").fill(username);
  await page.getByLabel("密码").fill(password);
  await page.getByRole("button", { name: "登录" }).click();
  await page.getByRole("heading", { level: 1, name: "规则", exact: true }).waitFor();
  await page.locator(".in-force li").first().waitFor();
}

const part = (page, name) => page.getByRole("navigation", { name: "版本的各步" }).getByRole("link", { name });
const rowOf = (page, rule) => page.locator("tr.rule").filter({ has: page.getByRole("textbox", { name: `${rule}, 行`, exact: true }) });
const saved = (page) => page.locator(".version-head .tag");

export function rulesSpecs(world) {
  describe("a change of the rules", () => {
    const here = residentNumber(951, "19790202");
    const there = residentNumber(952, "19790202");
    let maker;
    let approver;
    let version;
    const colour = async (number) => (await world.district.scan(number)).colour;

    before(async () => {
      await world.district.enter("冯兰", here);
      await world.district.enter("褚明", there, world.district.elsewhere);
      // So many of one community that a start there would be held.
      const many = Array.from({ length: 60 }, (_, n) => residentNumber(n + 1, "19790303"));
      await Promise.all(many.map((number) => world.district.enter("住户", number)));
      maker = await openPage(world.browser, { viewport: DESKTOP });
      approver = await openPage(world.browser, { viewport: DESKTOP });
      await openRules(maker, world, "rule_maker");
    });
    after(async () => {
      await closePage(maker);
      await closePage(approver);
    });

    test("begins as a copy of what is in force, which goes on deciding", async () => {
      await assertAccessible(maker, "the rules");
      await maker.getByRole("button", { name: "新建草案" }).click();
      await maker.getByLabel("理由（记录在案）").fill("住址待核期间先放行");
      await maker.getByRole("button", { name: "新建草案" }).click();
      await maker.getByRole("heading", { level: 1, name: /^第 \d+ 版$/ }).waitFor();
      version = Number(/\d+/.exec(await maker.getByRole("heading", { level: 1 }).innerText()));
      await maker.getByText("表格无误").waitFor();
      assert.equal(await saved(maker).innerText(), "草案");
      assert.equal(await colour(here), "yellow");
    });

    test("shows each fault at its cell, and what can never be reached", async () => {
      await maker.getByRole("button", { name: "在末尾加一行" }).click();
      const added = rowOf(maker, "A16");
      await added.getByText("不是该表允许的原因代码").first().waitFor();
      assert.equal(await maker.getByRole("button", { name: "保存", exact: true }).isDisabled(), true, "faulty tables are not saved");
      await assertAccessible(maker, "the table with faults");
      await added.getByLabel("A16, 颜色").selectOption({ label: "绿" });
      await added.getByLabel("A16, 原因").selectOption({ label: "住址待核实" });
      await added.getByLabel("A16, 告知（中文）").fill("您的住址待网格员核实，期间可通行");
      await added.getByLabel("A16, 告知（英文）").fill("Your residence is waiting to be verified; you may pass meanwhile");
      await added.getByLabel("A16, 上门时限（小时）").fill("24");
      await added.getByLabel("A16, 通知").selectOption({ label: "网格员" });
      await maker.getByText("A16: 永远不会生效").waitFor();
      await maker.getByText("处错误，改正后方可保存").waitFor();
    });

    test("is moved by dragging and by the keyboard, and undone", async () => {
      await rowOf(maker, "A16").locator(".handle").dragTo(rowOf(maker, "A14").locator(".handle"));
      const order = () => maker.locator("tr.rule th input").evaluateAll((all) => all.map((one) => one.value));
      assert.deepEqual((await order()).slice(12), ["A13", "A16", "A14", "A15"]);
      const up = maker.getByRole("button", { name: "A16 上移" });
      await up.focus();
      await maker.keyboard.press("Enter");
      assert.deepEqual((await order()).slice(12), ["A16", "A13", "A14", "A15"]);
      assert.equal(await maker.evaluate(() => document.activeElement?.getAttribute("aria-label")), "A16 上移");
      await maker.keyboard.press("Control+z");
      assert.deepEqual((await order()).slice(12), ["A13", "A16", "A14", "A15"]);
      await maker.keyboard.press("Control+Shift+z");
      assert.deepEqual((await order()).slice(12), ["A16", "A13", "A14", "A15"]);
    });

    test("takes several words in a cell", async () => {
      await maker.getByLabel("A16, 住址").selectOption({ label: "申报" });
      await maker.getByLabel("A16, 健康").selectOption({ label: "多选…" });
      const dialog = maker.getByRole("dialog", { name: "A16, 健康" });
      await dialog.getByLabel("无 none").check();
      await dialog.getByLabel("正常 normal").check();
      await assertAccessible(maker, "the dialog of a cell");
      assert.equal(await dialog.getByLabel("表中写法").inputValue(), "in(none,normal)");
      await dialog.getByRole("button", { name: "确定" }).click();
      for (const column of ["人口库", "复工"]) await maker.getByLabel(`A16, ${column}`).selectOption({ label: "无" });
      await maker.getByText("表格无误").waitFor();
      await maker.getByRole("button", { name: "保存", exact: true }).click();
      await maker.getByRole("button", { name: "放弃未保存的修改" }).waitFor({ state: "detached" });
    });

    test("names the cases that fail, and is checked once all pass", async () => {
      await part(maker, "用例").click();
      const title = maker.getByRole("heading", { level: 2, name: /^用例（\d+ 条）/ });
      await title.waitFor();
      const failing = maker.locator(".cases .failing");
      await maker.getByText(/全部通过|条未通过/).waitFor();
      while ((await failing.count()) > 0) {
        const before_ = await failing.count();
        await failing.first().getByText("实得：绿 · 住址待核实（A16）").waitFor();
        await failing.first().getByRole("button", { name: "实得即应得" }).click();
        await maker.waitForFunction((count) => document.querySelectorAll(".cases .failing").length < count, before_);
        await maker.getByText(/全部通过|条未通过/).waitFor();
      }
      await maker.getByRole("button", { name: "添加用例" }).click();
      const dialog = maker.getByRole("dialog", { name: "用例" });
      await dialog.getByLabel("名称").fill("declared-may-pass");
      const situation = dialog.getByLabel("情形（JSON）");
      await situation.fill((await situation.inputValue()).replace('"verified"', '"declared"'));
      await dialog.getByRole("button", { name: "填入现表的结果" }).click();
      await maker.waitForFunction(() => document.querySelector(".expected")?.querySelectorAll("select")[2]?.value === "A16");
      await assertAccessible(maker, "the dialog of a case");
      await dialog.getByRole("button", { name: "确定" }).click();
      await maker.locator(".cases li").filter({ hasText: "declared-may-pass" }).or(maker.getByText("条，请用查找缩小范围")).first().waitFor();
      await maker.getByRole("button", { name: "保存", exact: true }).click();
      const check = maker.getByRole("button", { name: "校验并记录" });
      await maker.getByRole("button", { name: "保存", exact: true }).waitFor({ state: "detached" });
      await check.click();
      await saved(maker).filter({ hasText: "用例已通过" }).waitFor();
      await assertAccessible(maker, "the cases");
    });

    test("is back-tested: the card says how many would change colour", async () => {
      await part(maker, "回测与影响").click();
      await maker.getByRole("button", { name: "开始回测" }).click();
      const changed = maker.locator("[data-count=changed]");
      await changed.waitFor();
      assert.ok(Number.parseInt((await changed.innerText()).replaceAll(",", ""), 10) >= 2, "both of ours would turn green");
      await maker.locator(".kinds li").filter({ hasText: "A16" }).first().getByRole("button", { name: "例子" }).click();
      await saved(maker).filter({ hasText: "已回测" }).waitFor();
      await assertAccessible(maker, "the impact card");
    });

    test("is approved by somebody of another unit only", async () => {
      await part(maker, "批准与生效").click();
      await maker.getByText("您编写过本版，须由其他单位的人批准。").waitFor();
      await openRules(approver, world, "rule_approver");
      await approver.locator(".versions li").filter({ hasText: `第 ${version} 版` }).getByRole("link").first().click();
      await part(approver, "版本差异").click();
      const row = approver.locator(".diff .added").filter({ hasText: "A16" });
      await row.waitFor();
      assert.match(await row.innerText(), /颜色\s+绿[\s\S]*通知\s+网格员/, "cells in words");
      await assertAccessible(approver, "the differences");
      await part(approver, "批准与生效").click();
      await approver.getByLabel("理由（记录在案）").fill("按会议纪要第3号");
      await approver.getByRole("button", { name: "批准", exact: true }).click();
      await saved(approver).filter({ hasText: "已批准" }).waitFor();
      await saved(maker).filter({ hasText: "已批准" }).waitFor();
      assert.equal(await colour(here), "yellow", "approving puts nothing into force");
      await assertAccessible(approver, "the start of an approved version");
    });

    const tryIn = async (note) => {
      await approver.getByLabel("指定街道或社区").check();
      await approver.getByLabel("坪山街道", { exact: true }).check();
      await approver.getByLabel("理由（记录在案）").fill(note);
      await approver.getByRole("button", { name: "设定生效" }).click();
      await approver.getByText("坪山街道：变色过多，已暂停待决定。").waitFor();
      return approver.locator(".schedules > li").filter({ hasText: note });
    };

    test("is held where it would turn too many, and refused by a person", async () => {
      const held = await tryIn("先试一次");
      await held.getByRole("button", { name: "否决" }).click();
      await held.getByLabel("理由（记录在案）").fill("人数过多，先核对");
      await held.getByRole("button", { name: "否决" }).click();
      await held.getByText("已否决").waitFor();
      assert.equal(await colour(here), "yellow", "nothing has changed");
    });

    test("is held again, until a person releases it", async () => {
      const held = await tryIn("先在坪山街道试行");
      await held.getByText("六联社区").waitFor();
      assert.equal(await colour(here), "yellow", "what was in force goes on deciding");
      await assertAccessible(approver, "a start that is held");
      await held.getByRole("button", { name: "放行" }).click();
      await held.getByLabel("理由（记录在案）").fill("已核对，确为所需");
      await held.getByRole("button", { name: "放行" }).click();
      await held.getByText("生效中").waitFor();
    });

    test("starts in one street, then everywhere", async () => {
      assert.deepEqual([await colour(here), await colour(there)], ["green", "yellow"]);
      await approver.getByLabel("全区", { exact: true }).check();
      await approver.getByLabel("理由（记录在案）").fill("推及全区");
      await approver.getByRole("button", { name: "设定生效" }).click();
      await approver.getByText("全区：已设定。").waitFor();
      assert.equal(await colour(there), "green");
      await part(maker, "经过").click();
      await maker.getByText("推及全区").first().waitFor();
      await assertAccessible(maker, "the history");
    });

    test("is rolled back with one action", async () => {
      await approver.getByRole("link", { name: "返回规则" }).click();
      const whole = approver.locator(".in-force li").filter({ hasText: "全区" });
      await whole.getByRole("button", { name: "回退…" }).click();
      await whole.getByLabel("理由（记录在案）").fill("网格员来不及上门");
      await assertAccessible(approver, "the way back");
      await whole.getByRole("button", { name: /^回退到第 \d+ 版$/ }).click();
      await whole.getByRole("link", { name: `第 ${version} 版` }).waitFor({ state: "detached" });
      assert.equal(await colour(there), "yellow");
    });

    test("can be read on a phone, in English", async () => {
      const phone = await openPage(world.browser, { viewport: PHONE, language: "zh-CN" });
      await openRules(phone, world, "data_desk");
      await speak(phone, "English");
      await phone.getByRole("heading", { level: 2, name: "All versions" }).waitFor();
      await assertAccessible(phone, "the rules on a phone");
      await phone.locator(".versions a").first().click();
      await phone.locator("table.sheet").waitFor();
      await assertAccessible(phone, "a table on a phone");
      const overflow = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.equal(overflow, 0, "nothing sticks out at the side");
      await closePage(phone);
    });
  });
}
