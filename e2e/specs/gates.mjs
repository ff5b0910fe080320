/** Gates at the console: a lead makes a code, sees the devices and who is on duty, and bars a lost one. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { closePage, DESKTOP, openPage, PHONE } from "../lib/browser.mjs";
import { fits, openConsole } from "../lib/console.mjs";
import { residentNumber } from "../lib/district.mjs";
import { goOnDuty, wedge } from "./gate.mjs";

const DEVICE = "三号通道手机";

export function gatesSpecs(world) {
  describe("gates at the console", () => {
    let lead, phone, code;
    before(async () => {
      [lead, phone] = [await openPage(world.browser, { viewport: DESKTOP }), await openPage(world.browser)];
      await openConsole(lead, world, "community_lead", "gates", "卡口");
    });
    after(async () => {
      await closePage(lead);
      await closePage(phone);
    });
    const line = () => lead.locator(".devices li").filter({ hasText: DEVICE });

    test("are found by name or place", async () => {
      await lead.getByRole("searchbox", { name: "按名称或地点查找" }).fill("没有这个");
      await lead.getByText("没有这样的卡口").waitFor();
      await lead.getByRole("searchbox", { name: "按名称或地点查找" }).fill("朗悦");
      await lead.getByRole("link", { name: /金地朗悦花园 · 东门/ }).first().click();
      await lead.getByRole("heading", { name: /金地朗悦花园 · 东门/ }).waitFor();
      await fits(lead, "a gate");
    });

    test("give a code, which a device takes from a picture or typed", async () => {
      await lead.getByLabel("登记新设备").fill(DEVICE);
      await lead.getByRole("button", { name: "生成登记码" }).click();
      const dialog = lead.getByRole("dialog", { name: `登记码：${DEVICE}` });
      code = (await dialog.locator(".device-code").innerText()).replace(/\s/g, "");
      assert.match(code, /^\d{10}$/);
      await dialog.getByText(/1[45]:\d\d 后失效/).waitFor();
      await dialog.getByRole("img", { name: /填好登记码/ }).waitFor();
      await fits(lead, "a device's code");
      await phone.goto(`${world.server.staffUrl}/gate/#code=${code}`);
      assert.equal(await phone.getByLabel("登记码").inputValue(), code);
      assert.ok(!phone.url().includes(code), phone.url());
      await phone.getByRole("button", { name: "开始使用" }).click();
      await phone.getByRole("heading", { name: "上岗登录" }).waitFor();
      await dialog.getByText("设备已登记").waitFor();
      await dialog.getByRole("button", { name: "关闭" }).click();
    });

    test("show the device, its app and its guard", async () => {
      await goOnDuty(phone, world.district.accounts.gate_guard);
      await line().getByText("在线").waitFor();
      await line().getByText("最近联系：刚刚").waitFor();
      await line().getByText(/应用版本 \S+（最新）/).waitFor();
      await line().getByText("待上传 0").waitFor();
      await lead.locator(".lines.small li").filter({ hasText: DEVICE }).filter({ hasText: "门岗小李" }).waitFor();
      await fits(lead, "a gate with devices");
    });

    test("people written down and found nowhere are opened one by one, and settled", async () => {
      const number = residentNumber(997);
      await lead.getByRole("link", { name: /登记后未找到的人/ }).click();
      await lead.getByRole("heading", { level: 2, name: "登记后未找到的人" }).waitFor();
      await lead.locator('.unknown[aria-busy="false"]').waitFor();
      // Other gates of these tests wrote people down before.
      const before = await lead.locator(".unknown .lines li").count();
      await world.district.writeDown({ name: "赵无名", phone: "13911112222" });
      await world.district.writeDown({ name: "钱无踪" });
      await world.district.enrol("赵武明", number);
      await lead.getByRole("link", { name: /登记后未找到的人/ }).click();
      await lead.getByRole("heading", { level: 2, name: "登记后未找到的人" }).waitFor();
      const lines = lead.locator(".unknown .lines li");
      for (let tries = 0; (await lines.count()) < before + 2 && tries < 40; tries++) {
        await new Promise((wake) => setTimeout(wake, 500));
        await lead.reload();
        await lead.locator('.unknown[aria-busy="false"]').waitFor();
      }
      assert.equal(await lines.count(), before + 2, "both are listed once they were looked for");
      assert.doesNotMatch(await lead.locator(".unknown").innerText(), /无名|1391111/, "the list names nobody");
      await fits(lead, "people who were not found");

      await lines.nth(before).getByRole("button", { name: "打开" }).click();
      const dialog = lead.getByRole("dialog", { name: "这是谁？" });
      await dialog.getByText("赵无名").waitFor();
      await dialog.getByText("13911112222").waitFor();
      await dialog.getByLabel("此人的证件号码或通行证号").fill(number);
      await dialog.getByRole("button", { name: "查找" }).click();
      await dialog.getByText("赵武明").waitFor();
      await fits(lead, "who somebody was");
      await dialog.getByRole("button", { name: "就是此人" }).click();
      await dialog.waitFor({ state: "detached" });
      await lines.nth(before + 1).waitFor({ state: "detached" });

      await lines.nth(before).getByRole("button", { name: "打开" }).click();
      await dialog.getByText("钱无踪").waitFor();
      await dialog.getByRole("button", { name: "查无此人", exact: true }).click();
      await lead.setViewportSize(PHONE);
      await fits(lead, "giving up, on a phone");
      await dialog.getByRole("button", { name: "删除：查无此人" }).click();
      await lines.nth(before).waitFor({ state: "detached" });
      if (before === 0) await lead.getByText("没有待查的人。").waitFor();
      await fits(lead, "nobody else to be found, on a phone");
      await lead.setViewportSize(DESKTOP);
      await lead.getByRole("link", { name: /金地朗悦花园 · 东门/ }).first().click();
    });

    test("bar a lost device, with what that costs said first", async () => {
      await phone.context().setOffline(true);
      await phone.getByText(/^离线/).first().waitFor();
      await wedge(phone, residentNumber(998));
      await phone.getByRole("button", { name: "开始核查" }).click();
      await phone.getByRole("button", { name: "不通过，暂留" }).waitFor();
      await lead.setViewportSize(PHONE);
      await line().getByRole("button", { name: `停用 ${DEVICE}` }).click();
      const dialog = lead.getByRole("dialog", { name: `停用设备：${DEVICE}` });
      await dialog.getByText(/自动清除机内全部数据/).waitFor();
      await fits(lead, "barring a device, on a phone");
      await dialog.getByRole("button", { name: "立即停用" }).click();
      await line().getByText("已停用").waitFor();
      assert.equal(await line().getByRole("button").count(), 0);
      await fits(lead, "a barred device, on a phone");
      await phone.context().setOffline(false);
      await phone.evaluate(() => dispatchEvent(new Event("online")));
      await phone.getByText("机内数据已全部清除").waitFor();
      // Found again: it is enrolled anew.
      await phone.getByLabel("登记码").fill(code);
      await phone.getByRole("button", { name: "开始使用" }).click();
      await phone.getByRole("alert").filter({ hasText: "登记码有误" }).waitFor();
    });
  });
}
