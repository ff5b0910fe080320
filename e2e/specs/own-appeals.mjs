/** Appeals from the phone: begun at the colour or at a wrong detail, shown, answered, taken back. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, openPage } from "../lib/browser.mjs";
import { fits } from "../lib/console.mjs";
import { residentNumber } from "../lib/district.mjs";
import { applyAs, fitsInBoth, nextPhone, openMy } from "./resident.mjs";

const PDF = "%PDF-1.5\n1 0 obj\n<</Type/Catalog>>\nendobj\n3 0 obj\n<</Author(Zhang)>>\nendobj\ntrailer\n<</Info 3 0 R>>\nstartxref\n0\n%%EOF\n";
const NARROW = { width: 360, height: 780 };

/** Chooses a file as a phone's picker would. */
async function choose(page, file) {
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByText("添加照片或PDF").click()]);
  await chooser.setFiles(file);
}

export function ownAppealSpecs(world) {
  describe("appeals from the phone", () => {
    let page;
    const number = residentNumber(881, "19770707");
    const picture = () => ({ name: "lease.png", mimeType: "image/png", buffer: world.portrait });
    const paper = { name: "lease.pdf", mimeType: "application/pdf", buffer: Buffer.from(PDF) };
    before(async () => {
      await world.district.setPhone("440310", "0755-28220000");
      page = await openPage(world.browser, { viewport: NARROW });
      await applyAs(page, world.server, { name: "林淑芬", number, phone: nextPhone() });
    });
    after(() => closePage(page));

    test("begin where the colour is explained: who answers for it, and how to object", async () => {
      await openMy(page, world.server, "why", "为什么是这个颜色");
      await page.getByText("负责单位").waitFor();
      assert.equal(await page.getByRole("link", { name: "拨打 0755-28220000" }).getAttribute("href"), "tel:0755-28220000");
      await page.getByRole("button", { name: "以前的颜色 林淑芬" }).click();
      await page.getByText("首次领证").waitFor();
      await fitsInBoth(page, "why, with the colours before");
      await page.getByRole("link", { name: "我有异议，申诉 林淑芬" }).click();
      await page.getByRole("heading", { level: 1, name: "提出申诉" }).waitFor();
      assert.equal(await page.getByLabel("现在的颜色").isChecked(), true);
    });

    test("say what is missing, and take pictures and papers", async () => {
      await page.getByRole("button", { name: "提交申诉" }).click();
      await page.getByText("请说明情况，至少4个字").waitFor();
      await page.getByLabel("请说明情况").fill("我一直住在这里，有租房合同。");
      await choose(page, { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no picture") });
      await page.getByText("无法打开这个文件，请选择照片或PDF。").waitFor();
      await choose(page, { ...picture(), name: "twice.png" });
      await page.getByRole("button", { name: "移除 twice.png" }).click();
      await choose(page, picture());
      await choose(page, paper);
      await page.getByText("lease.pdf").waitFor();
      await fitsInBoth(page, "the form of an appeal");
    });

    test("are sent, and say who answers and by when", async () => {
      await page.getByRole("button", { name: "提交申诉" }).click();
      await page.getByRole("status").filter({ hasText: /已收到。由.+负责，最迟.+答复。/ }).waitFor();
      const told = page.getByRole("region", { name: /林淑芬/ });
      assert.match(await told.innerText(), /对黄证有异议[\s\S]*办理中[\s\S]*还有4[78]小时[\s\S]*拨打 0755-28220000[\s\S]*有租房合同/);
      await page.getByRole("heading", { name: "已附材料（2份）" }).waitFor();
      await page.getByRole("button", { name: "查看 1" }).click();
      const shown = page.getByRole("img", { name: "材料1" });
      await shown.waitFor();
      assert.ok(await shown.evaluate((image) => image.decode().then(() => image.naturalWidth > 0)), "shown under the policy");
      const [saved] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "下载 2" }).click()]);
      assert.equal(saved.suggestedFilename(), "材料2.pdf");
      await fitsInBoth(page, "an open appeal");
    });

    test("take more papers later, and the same one only once", async () => {
      await page.reload();
      await page.getByRole("heading", { name: "已附材料（2份）" }).waitFor();
      await choose(page, paper);
      await page.getByText("材料已收到。").waitFor();
      await page.getByRole("heading", { name: "已附材料（2份）" }).waitFor();
      await choose(page, { ...paper, buffer: Buffer.from(PDF.replace("Zhang", "Li Ming")) });
      await page.getByRole("heading", { name: "已附材料（3份）" }).waitFor();
    });

    test("are refused in words where one is open already", async () => {
      await openMy(page, world.server, "object/colour", "提出申诉");
      await page.getByLabel("请说明情况").fill("再说一次，请尽快核实。");
      await page.getByRole("button", { name: "提交申诉" }).click();
      await page.getByRole("alert").filter({ hasText: "该事项已有正在处理的申诉。" }).waitFor();
      await assertAccessible(page, "a refused appeal");
    });

    test("show the answer with its reason", async () => {
      await world.district.decideAppeal(number, "visit_ordered", "合同已收到，网格员明天上门核实。");
      await openMy(page, world.server, "appeals", "申诉");
      await page.getByRole("link", { name: /林淑芬 · 对黄证有异议/ }).click();
      const told = page.getByRole("region", { name: /林淑芬/ });
      await told.getByText("合同已收到，网格员明天上门核实。").waitFor();
      assert.match(await told.innerText(), /申诉成立[\s\S]*已安排网格员上门核实/);
      assert.equal(await page.getByRole("button", { name: "撤回申诉" }).count(), 0);
      await fitsInBoth(page, "an answered appeal");
    });

    test("begin at a wrong detail, too, and are taken back", async () => {
      await openMy(page, world.server, "data", "我的信息");
      await page.getByRole("button", { name: "有信息不对，请更正" }).click();
      await page.getByRole("link", { name: "提出申诉" }).click();
      await page.getByRole("heading", { level: 1, name: "提出申诉" }).waitFor();
      assert.equal(await page.getByLabel("住址", { exact: true }).isChecked(), true);
      await page.getByLabel("请说明情况").fill("登记的住址不对。");
      await page.getByRole("button", { name: "提交申诉" }).click();
      await page.getByRole("button", { name: "撤回申诉" }).click();
      await page.getByText("撤回后，颜色和登记信息都不变。").waitFor();
      await fits(page, "taking an appeal back");
      await page.getByRole("button", { name: "确认撤回" }).click();
      await page.getByRole("status").filter({ hasText: "已撤回。" }).waitFor();
      await page.getByRole("link", { name: "返回" }).click();
      await page.getByRole("heading", { level: 1, name: "申诉" }).waitFor();
      await page.getByRole("link", { name: /林淑芬 · 住址[\s\S]*已撤回/ }).waitFor();
      await fitsInBoth(page, "the list of appeals");
    });

    test("speak English", async () => {
      await page.getByRole("button", { name: "English" }).click();
      await page.getByRole("link", { name: /against a yellow pass[\s\S]*Granted/ }).click();
      await page.getByText("A grid worker will call to verify it").first().waitFor();
      await fitsInBoth(page, "an answered appeal in English");
      await openMy(page, world.server, "object", "Make an appeal");
      await fitsInBoth(page, "the form of an appeal in English");
    });
  });
}
