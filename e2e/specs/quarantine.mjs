/** Orders at the console: two people begin, extend and move a quarantine; one ends it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, DESKTOP, openPage, PHONE } from "../lib/browser.mjs";
import { find, fits, goFromMenu, openConsole, pickPlace } from "../lib/console.mjs";
import { residentNumber } from "../lib/district.mjs";

const PAPER = "坪隔〔2020〕31号";

export function quarantineSpecs(world) {
  describe("quarantine at the console", () => {
    const number = residentNumber(711);
    let doctor;
    let police;
    let day;
    before(async () => {
      await world.district.enrol("郑国强", number);
      await world.district.verify(number);
      const now_ms = Date.parse((await world.district.time()).now);
      day = (n) => new Date(now_ms + 8 * 3_600_000 + n * 86_400_000).toISOString().slice(0, 10);
      doctor = await openPage(world.browser, { viewport: DESKTOP });
      police = await openPage(world.browser, { viewport: PHONE });
      await openConsole(doctor, world, "team_doctor", "quarantine", "隔离管理");
      await openConsole(police, world, "team_police", "red", "变红与确认");
    });
    after(async () => {
      await closePage(doctor);
      await closePage(police);
    });
    const order = (page = doctor) => page.locator("li.order").filter({ hasText: "郑国强" });
    /** The second person, of another unit, on a phone. */
    const confirm = async (step) => {
      const waiting = police.locator(".red-inbox li").filter({ hasText: "郑国强" }).filter({ hasText: step });
      await waiting.getByRole("button", { name: "确认", exact: true }).click();
      await waiting.waitFor({ state: "detached" });
      await doctor.reload();
      await order().waitFor();
    };

    test("begins with a person who was found and seen", async () => {
      await doctor.getByText("正在加载…").waitFor({ state: "detached" });
      await assertAccessible(doctor, "the orders");
      await doctor.getByRole("button", { name: "开始隔离" }).click();
      const dialog = doctor.getByRole("dialog", { name: "开始隔离" });
      await find(dialog, number);
      await dialog.getByText(/4403\*{10}/).waitFor();
      await dialog.getByLabel("隔离地点").selectOption({ label: "居家" });
      await dialog.getByLabel("事由").selectOption({ label: "密切接触者" });
      await dialog.getByLabel("解除日期").fill(day(5));
      await dialog.getByLabel("隔离文书编号").fill(PAPER);
      await assertAccessible(doctor, "the form of a new order");
      await dialog.getByRole("button", { name: "提出，待另一单位确认" }).click();
      await doctor.getByText("已提出，确认之前不会有任何变化。").waitFor();
      assert.equal((await world.district.scan(number)).colour, "green", "a proposal changes nothing");
      await confirm("开始隔离");
      assert.match(await order().innerText(), new RegExp(`居家 · .* 至 ${day(5)}[\\s\\S]*密切接触者 · ${PAPER}`));
      assert.equal((await world.district.scan(number)).colour, "red");
    });

    test("is extended by two people, and a fault is said at the field", async () => {
      await order().getByRole("button", { name: "延长" }).click();
      const dialog = doctor.getByRole("dialog", { name: "延长隔离" });
      const end = dialog.getByLabel("解除日期");
      assert.equal(await end.getAttribute("min"), day(6), "later than the present end");
      await end.fill(day(12));
      const paper = dialog.getByLabel("隔离文书编号");
      await paper.fill("领导要求");
      await dialog.getByRole("button", { name: "提出，待另一单位确认" }).click();
      await dialog.getByRole("alert").filter({ hasText: "应为文书或检测编号" }).waitFor();
      assert.equal(await paper.getAttribute("aria-invalid"), "true");
      await assertAccessible(doctor, "an extension with a fault");
      await paper.fill("坪隔〔2020〕32号");
      await dialog.getByRole("button", { name: "提出，待另一单位确认" }).click();
      await order().getByText("延长隔离已提出，待另一单位确认").waitFor();
      assert.ok(await order().getByRole("button", { name: "转移" }).isDisabled(), "one step at a time");
      await confirm("延长隔离");
      assert.match(await order().innerText(), new RegExp(`至 ${day(12)}`));
    });

    test("is moved by two people", async () => {
      await order().getByRole("button", { name: "转移" }).click();
      const dialog = doctor.getByRole("dialog", { name: "转移隔离" });
      await dialog.getByLabel("转到哪里").selectOption({ label: "医院" });
      await dialog.getByLabel("隔离文书编号").fill("坪隔〔2020〕33号");
      await dialog.getByRole("button", { name: "提出，待另一单位确认" }).click();
      await order().getByText("转移隔离已提出").waitFor();
      await confirm("转移隔离");
      assert.match(await order().innerText(), /医院/);
    });

    test("is found by place, typed or gone down to", async () => {
      await pickPlace(doctor, "区划", "马峦", /马峦街道/);
      await doctor.getByText("这里没有人在隔离。").waitFor();
      const field = doctor.getByRole("combobox", { name: "区划", exact: true });
      await field.fill("440310001001");
      await field.press("ArrowDown");
      await assertAccessible(doctor, "the choice of a place");
      await doctor.getByRole("option", { name: /六联社区/ }).click();
      await order().waitFor();
      await field.fill("没有这里");
      await doctor.getByText("没有符合的地点").waitFor();
      await field.press("Escape");
      assert.equal(await field.inputValue(), "六联社区", "what is no place is put back");
      await pickPlace(doctor, "区划", "", /全部辖区/);
      await order().waitFor();
    });

    test("the community's lead sees it and changes nothing", async () => {
      const lead = await openPage(world.browser, { viewport: PHONE });
      await openConsole(lead, world, "community_lead", "quarantine", "隔离管理");
      await order(lead).waitFor();
      assert.equal(await order(lead).getByRole("button").count(), 0);
      assert.equal(await lead.getByRole("button", { name: "开始隔离" }).count(), 0);
      await fits(lead, "the orders on a phone");
      await closePage(lead);
    });

    test("is ended by one, on a phone, and the pass is no longer red", async () => {
      await goFromMenu(police, "隔离管理");
      await order(police).getByRole("button", { name: "解除" }).click();
      const dialog = police.getByRole("dialog", { name: "解除隔离" });
      assert.equal(await dialog.getByLabel(/医学解除/).count(), 0, "only a doctor discharges");
      await dialog.getByLabel(/^决定有误/).check();
      await fits(police, "the release on a phone");
      await dialog.getByRole("button", { name: "解除", exact: true }).click();
      await order(police).waitFor({ state: "detached" });
      await police.getByRole("radio", { name: "已结束" }).click();
      await order(police).getByText("提前取消").waitFor();
      assert.equal((await world.district.scan(number)).colour, "green");
    });

    test("stands in the person's record", async () => {
      await order(police).getByRole("link", { name: "郑国强" }).click();
      const orders = police.getByRole("region", { name: "隔离", exact: true });
      await orders.getByText("提前取消").waitFor();
      await police.getByText("已撤销的依据").click();
      await fits(police, "the record of who was in quarantine");
    });
  });
}
