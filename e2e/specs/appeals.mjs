/** Appeals at the console: the inbox with its clock, what was shown, giving it on, the decision. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, DESKTOP, openPage, PHONE } from "../lib/browser.mjs";
import { fits, openConsole, speak } from "../lib/console.mjs";
import { residentNumber } from "../lib/district.mjs";

const PDF = "%PDF-1.5\n1 0 obj\n<</Type/Catalog>>\nendobj\n3 0 obj\n<</Author(Zhang)>>\nendobj\ntrailer\n<</Info 3 0 R>>\nstartxref\n0\n%%EOF\n";

export function appealSpecs(world) {
  describe("appeals at the console", () => {
    let lead;
    let token;
    let appeal;
    /** The phone of whoever appeals. */
    const phone = async (path, body, type = "application/json") => {
      const answer = await fetch(`${world.server.publicUrl}/api/v1/pass/appeals${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": type },
        body: type === "application/json" && body !== undefined ? JSON.stringify(body) : body,
      });
      const text = await answer.text();
      assert.ok(answer.ok, `${path}: ${answer.status} ${text}`);
      return JSON.parse(text);
    };
    before(async () => {
      const { enclosure_id } = world.district.enclosure;
      const enrolled = await world.district.enrol("顾晓梅", residentNumber(731), { enclosure_id, phone: "13800138731" });
      token = enrolled.holder_token;
      appeal = await phone("", { about: "colour", statement: "我一直住在这里，有租房合同，请尽快核实。" });
      await phone(`/${appeal.appeal_id}/evidence`, world.portrait, "application/octet-stream");
      await phone(`/${appeal.appeal_id}/evidence`, PDF, "application/octet-stream");
      lead = await openPage(world.browser, { viewport: DESKTOP });
      await openConsole(lead, world, "community_lead", "appeals", "申诉办理");
    });
    after(() => closePage(lead));
    const line = () => lead.locator("li.appeal").filter({ hasText: "顾晓梅" });

    test("wait in the inbox with their clock", async () => {
      await lead.getByRole("radio", { name: "全部" }).click();
      await line().waitFor();
      assert.match(await line().innerText(), /住址待核实[\s\S]*对黄证 · 坪山街道 › 六联社区[\s\S]*还剩 4[78] 小时/);
      const mark = await line().locator(".shape").boundingBox();
      assert.ok(mark.width <= 40 && mark.height <= 40, `a mark beside the words: ${mark.width} by ${mark.height}`);
      await lead.getByRole("table").waitFor();
      assert.match(await lead.getByRole("table").innerText(), /坪山街道|六联社区/);
      await fits(lead, "the inbox of appeals");
    });

    test("are read with the person's words and what was shown", async () => {
      await line().getByRole("link").click();
      await lead.getByText("有租房合同").waitFor();
      await lead.getByText("只是缺少可核实的依据").waitFor();
      await lead.getByRole("button", { name: "查看" }).click();
      const picture = lead.getByRole("img", { name: "申诉人提交的第 1 份材料" });
      await picture.waitFor();
      assert.ok(await picture.evaluate((image) => image.decode().then(() => image.naturalWidth > 0)), "shown under the policy");
      const saved = lead.waitForEvent("download");
      await lead.getByRole("button", { name: "下载" }).click();
      assert.match((await saved).suggestedFilename(), /\.pdf$/);
      await assertAccessible(lead, "an appeal");
    });

    test("are refused what does not fit, and decided with words for the person", async () => {
      await lead.getByLabel("处理结果和理由").selectOption({ label: "成立：安排上门核实" });
      await lead.getByLabel("给本人的答复").fill("好");
      await lead.getByRole("button", { name: "作出决定" }).click();
      await lead.getByText("应为 4 至 1000 个字").waitFor();
      await lead.getByLabel("给本人的答复").fill("合同已收到，网格员明天上门核实。");
      await lead.getByRole("button", { name: "作出决定" }).click();
      await lead.getByText("已作出决定，并已通知本人。").waitFor();
      await lead.getByRole("region", { name: "处理决定" }).getByText("申诉成立", { exact: true }).waitFor();
      const [own] = await phone("");
      assert.equal(own.status, "granted");
      assert.equal(own.decision_text, "合同已收到，网格员明天上门核实。");
      await assertAccessible(lead, "a decided appeal");
    });

    test("fit a phone, and speak English", async () => {
      const page = await openPage(world.browser, { viewport: { width: 360, height: 780 } });
      await openConsole(page, world, "community_lead", "appeals", "申诉办理");
      await page.getByRole("radio", { name: "已办结" }).click();
      await page.locator("li.appeal").filter({ hasText: "顾晓梅" }).waitFor();
      await fits(page, "the inbox of appeals on a phone");
      await speak(page, "English");
      await page.getByRole("heading", { name: "Appeals to decide" }).waitFor();
      await page.getByRole("link", { name: /顾晓梅/ }).click();
      await page.getByRole("heading", { name: "What was shown" }).waitFor();
      await fits(page, "an appeal on a phone, in English");
      await closePage(page);
    });

    test("are given to somebody else", async () => {
      const again = await phone("", { about: "residence", statement: "登记的住址不对，请更正。" });
      assert.equal(again.level, "community");
      const page = await openPage(world.browser, { viewport: PHONE });
      await openConsole(page, world, "community_lead", "appeals", "申诉办理");
      await page.getByRole("radio", { name: "全部" }).click();
      await page.getByRole("link", { name: /顾晓梅 · 居住地/ }).click();
      await page.getByRole("button", { name: "更换经办人" }).click();
      const dialog = page.getByRole("dialog", { name: "更换经办人" });
      const doctor = dialog.getByRole("option", { name: /社区医生/ });
      await dialog.getByLabel("交给").selectOption(await doctor.getAttribute("value"));
      await fits(page, "the choice of whom to give an appeal to");
      await dialog.getByRole("button", { name: "交办" }).click();
      await page.getByText(/社区医生 · 社区医生 · 社区办理/).first().waitFor();
      await closePage(page);
    });
  });
}
