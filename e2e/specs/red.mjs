/** Two people of different units before a pass turns red, at the console. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, DESKTOP, openPage, PHONE } from "../lib/browser.mjs";
import { find, openConsole, speak } from "../lib/console.mjs";
import { residentNumber } from "../lib/district.mjs";

/** Signs an account in and opens the page of proposals. */
const openRed = (page, world, role) => openConsole(page, world, role, "red", "变红与确认");

const HEADER = "document_number,kind,value,day,area,evidence_kind,evidence_reference\n";

export function redSpecs(world) {
  describe("red needs two people", () => {
    const number = residentNumber(411);
    let doctor;
    let police;
    let listed;
    before(async () => {
      await world.district.enrol("赵敏", number);
      listed = Array.from({ length: 21 }, (_, n) => residentNumber(420 + n));
      for (const one of listed) await world.district.enter("乘客", one);
      doctor = await openPage(world.browser, { viewport: DESKTOP });
      police = await openPage(world.browser, { viewport: PHONE });
      await openRed(doctor, world, "team_doctor");
      await openRed(police, world, "team_police");
    });
    after(async () => {
      await closePage(doctor);
      await closePage(police);
    });
    const waiting = (page) => page.locator(".red-inbox li").filter({ hasText: "PCR-2020030617" });

    test("a word from above is no evidence", async () => {
      await find(doctor, number);
      const who = doctor.locator(".red-propose .person-card");
      await who.getByText("赵敏").waitFor();
      assert.match(await who.innerText(), /4403\*{10}\d{3}[\dX]/, "seen and compared, masked");
      await doctor.getByLabel("事项").selectOption({ label: "确诊病例" });
      await doctor.getByLabel("检测报告编号").fill("领导要求");
      await doctor.getByRole("button", { name: "提出，待另一单位确认" }).click();
      await doctor.getByRole("alert").filter({ hasText: "应为文书或检测编号" }).waitFor();
      await assertAccessible(doctor, "the proposal with a fault");
    });

    test("who proposes cannot confirm, and sees why", async () => {
      await doctor.getByLabel("检测报告编号").fill("PCR-2020030617");
      await doctor.getByRole("button", { name: "提出，待另一单位确认" }).click();
      await doctor.getByText("已提出，确认之前不会有任何变化。").waitFor();
      const mine = waiting(doctor);
      await mine.getByText("您本人提出的，须由另一单位人员确认").waitFor();
      assert.ok(await mine.getByRole("button", { name: "确认", exact: true }).isDisabled());
      const { colour } = await world.district.scan(number);
      assert.equal(colour, "yellow", "a proposal changes nothing");
    });

    test("another unit confirms with one tap on a phone, and the next scan is red", async () => {
      const theirs = waiting(police);
      await theirs.waitFor();
      await assertAccessible(police, "the inbox on a phone");
      const overflow = await police.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.equal(overflow, 0, "nothing sticks out at the side");
      await theirs.getByRole("button", { name: "确认", exact: true }).click();
      await theirs.waitFor({ state: "detached" });
      await waiting(doctor).waitFor({ state: "detached" });
      const { colour } = await world.district.scan(number);
      assert.equal(colour, "red");
    });

    test("a long list is looked at first, held whole, and approved above", async () => {
      const rows = listed.map((one) => `${one},contact,close,2020-03-01,,investigation,流调G1012-2020017\n`);
      const now = new Date(Date.parse((await world.district.time()).now) - 86_400_000).toISOString().slice(0, 10);
      const csv = HEADER + rows.join("").replaceAll("2020-03-01", now) + "123,contact,close,,,investigation,流调1\n";
      await doctor.getByLabel("选择 CSV 文件").setInputFiles({ name: "G1012.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
      await doctor.getByText("可提出 21 人，1 行不可用").waitFor();
      await doctor.getByText("超过上限，将暂停待审批").waitFor();
      await assertAccessible(doctor, "the preview of a list");
      await doctor.getByRole("button", { name: "提交名单" }).click();
      const held = doctor.locator(".red-lists li").filter({ hasText: "暂停，待上级审批" });
      await held.waitFor();
      const officer = await openPage(world.browser, { viewport: DESKTOP });
      await openRed(officer, world, "data_desk");
      const theirs = officer.locator(".red-lists li").filter({ hasText: "暂停，待上级审批" });
      await theirs.getByRole("button", { name: "影响" }).click();
      await theirs.getByText("密切接触者 21").waitFor();
      await assertAccessible(officer, "the impact of a list");
      await theirs.getByRole("button", { name: "批准" }).click();
      await officer.locator(".red-lists li").filter({ hasText: "待逐人确认" }).waitFor();
      await closePage(officer);
    });

    test("speaks English", async () => {
      await speak(police, "English");
      await police.getByRole("heading", { level: 2, name: /To confirm/ }).waitFor();
      await assertAccessible(police, "the inbox in English");
    });
  });
}
