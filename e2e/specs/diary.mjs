/** Somebody in quarantine at home, with the phone: the diary, the door, what is needed. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, openPage } from "../lib/browser.mjs";
import { residentNumber } from "../lib/district.mjs";
import { applyAs, fitsInBoth, nextPhone, openMy } from "./resident.mjs";

export function diarySpecs(world) {
  describe("somebody in quarantine at home", () => {
    let page;
    const number = residentNumber(895, "19850505");
    before(async () => {
      page = await openPage(world.browser, { viewport: { width: 360, height: 780 } });
      await applyAs(page, world.server, { name: "宋雨桐", number, phone: nextPhone() });
    });
    after(() => closePage(page));
    const person = () => page.getByRole("region", { name: "宋雨桐" });

    test("has no diary before there is an order", async () => {
      await openMy(page, world.server, "diary", "健康日记");
      await page.getByText("现在没有隔离观察").waitFor();
      await fitsInBoth(page, "an empty diary");
    });

    test("is sent to it by the pass, and sees until when", async () => {
      await world.district.quarantine(number);
      await page.goto(world.server.publicUrl);
      await page.getByRole("heading", { level: 1 }).filter({ hasText: "红证" }).waitFor();
      await page.getByRole("link", { name: "报体温、需要帮助" }).click();
      await page.getByRole("heading", { level: 1, name: "健康日记" }).waitFor();
      assert.match(await person().innerText(), /居家隔离 · 第1天\s*\d+月\d+日星期.解除，可以外出/);
      await fitsInBoth(page, "a diary");
      await openMy(page, world.server, "home", "我的服务");
      await page.getByRole("link", { name: /健康日记[\s\S]*宋雨桐/ }).click();
      await person().waitFor();
    });

    test("sends temperature and symptoms, written as people write them", async () => {
      await person().getByRole("button", { name: "报体温和身体情况" }).click();
      await page.getByLabel("体温（℃）").fill("98.6");
      await page.getByRole("button", { name: "提交" }).click();
      await page.getByText("请填写体温，如36.5").waitFor();
      await fitsInBoth(page, "a wrong temperature");
      await page.getByLabel("体温（℃）").fill("３６．６");
      await page.getByLabel("咳嗽").check();
      await page.getByRole("button", { name: "提交" }).click();
      await page.getByRole("status").filter({ hasText: "宋雨桐的体温已收到。" }).waitFor();
      await person().getByText("36.6 ℃").first().waitFor();
      await person().getByRole("button", { name: /以前报过的（1次）/ }).click();
      await page.getByText(/36\.6 ℃ · 咳嗽/).waitFor();
      await assertAccessible(page, "what was sent before");
    });

    test("is told to stay inside when a reading has to be looked at", async () => {
      await person().getByRole("button", { name: "报体温和身体情况" }).click();
      await page.getByLabel("体温（℃）").fill("38.2");
      await page.getByRole("button", { name: "提交" }).click();
      await page.getByRole("status").filter({ hasText: "小组会马上联系您，请勿外出。" }).waitFor();
    });

    test("announces an opening of the door, and takes it back", async () => {
      await person().getByRole("button", { name: "我要开门" }).click();
      await page.getByLabel("取物品").check();
      await page.getByLabel("什么时候").selectOption({ label: "30分钟后" });
      await page.getByLabel("多久").selectOption({ label: "30分钟" });
      await fitsInBoth(page, "announcing an opening");
      await page.getByRole("button", { name: "告诉小组" }).click();
      await page.getByRole("status").filter({ hasText: /小组已知道：\d\d:\d\d至\d\d:\d\d可以开门。/ }).waitFor();
      const opening = person().getByRole("listitem").filter({ hasText: "取物品" });
      await opening.waitFor();
      const team = await world.district.openings();
      assert.equal(team.items.some((one) => one.purpose === "parcel"), true, "the team sees it");
      await opening.getByRole("button", { name: "不开了" }).click();
      await page.getByRole("status").filter({ hasText: "已取消。" }).waitFor();
      await opening.waitFor({ state: "detached" });
    });

    test("asks for help, which the team sees", async () => {
      await person().getByRole("button", { name: "我需要帮助" }).click();
      await page.getByLabel("其他帮助").check();
      await page.getByRole("button", { name: "告诉小组" }).click();
      await page.getByText("请写明需要什么帮助").waitFor();
      await fitsInBoth(page, "asking for help");
      await page.getByLabel("需要什么帮助").fill("水龙头坏了");
      await page.getByRole("button", { name: "告诉小组" }).click();
      await page.getByRole("status").filter({ hasText: "小组已收到您的需要。" }).waitFor();
      await person().getByText("其他帮助 · 等待处理").waitFor();
      const { items } = await world.district.needs();
      assert.equal(items.some((one) => one.kind === "other"), true, "the team sees it");
    });

    test("reads it in English and Traditional Chinese", async () => {
      for (const [language, heading] of [
        ["English", "Health diary"],
        ["繁體", "健康日記"],
      ]) {
        await page.getByRole("button", { name: language }).click();
        await page.getByRole("heading", { level: 1, name: heading }).waitFor();
        await fitsInBoth(page, `a diary: ${heading}`);
      }
    });
  });
}
