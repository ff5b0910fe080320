/** Somebody from across the border reads everything in Traditional Chinese. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, openPage, until } from "../lib/browser.mjs";
import { applyAs, fitsInBoth, nextPhone, openMy } from "./resident.mjs";

const NARROW = { width: 360, height: 780 };
/** How the form reads there. */
export const WORDS_OF_HONG_KONG = {
  name: "姓名",
  type: "證件類別",
  number: "證件號碼",
  phone: "手機號碼",
  send: "取得驗證碼",
  sent: /驗證碼已發送/,
  code: "短訊驗證碼",
  apply: "領取通行證",
  yellow: "黃證",
};

/** Every Han character of Big5; simplified forms are not in it. */
function big5() {
  const decoder = new TextDecoder("big5");
  const letters = new Set("着");
  for (let lead = 0xa4; lead <= 0xf9; lead++)
    for (let trail = 0x40; trail <= 0xfe; trail++) for (const letter of decoder.decode(Uint8Array.of(lead, trail))) letters.add(letter);
  return letters;
}

export function languageSpecs(world) {
  describe("somebody from Hong Kong with a home return permit", () => {
    const traditional = big5();
    let page;
    before(async () => {
      page = await openPage(world.browser, { viewport: NARROW, language: "zh-HK" });
    });
    after(() => closePage(page));

    /** What the page says besides its other languages and what people and places are called. */
    const simplified = async () => {
      const text = await page.evaluate(() => {
        const body = document.body.cloneNode(true);
        for (const part of body.querySelectorAll("[lang], .name, .unit, noscript")) part.remove();
        return body.textContent;
      });
      return [...new Set(text.match(/\p{Script=Han}/gu) ?? [])].filter((letter) => !traditional.has(letter)).join("");
    };

    test("finds the form in their own writing, and gets the pass", async () => {
      await page.goto(world.server.publicUrl);
      await page.getByRole("heading", { level: 1, name: "領取電子通行證" }).waitFor();
      assert.equal(await page.locator("html").getAttribute("lang"), "zh-Hant");
      await page.getByLabel("證件號碼").fill("H123");
      await page.getByLabel("證件類別").selectOption("home_return_permit");
      await page.getByText("格式不對，請對照證件檢查").waitFor();
      await assertAccessible(page, "the form in Traditional Chinese");
      await applyAs(page, world.server, { name: "歐陽嘉欣", number: "H12345678", type: "home_return_permit", phone: nextPhone(), words: WORDS_OF_HONG_KONG });
      assert.equal(await simplified(), "");
      await fitsInBoth(page, "the pass in Traditional Chinese");
    });

    test("reads the reason, the questions and the notice, too", async () => {
      for (const [name, heading] of [
        ["home", "我的服務"],
        ["family", "家人"],
        ["declare", "申報"],
        ["print", "列印紙本通行證"],
        ["why", "為甚麼是這個顏色"],
        ["appeals", "申訴"],
        ["object", "提出申訴"],
        ["address", "住在哪裏"],
        ["data", "我的資料"],
        ["notice", "私隱聲明"],
        ["install", "加到手機主畫面"],
      ]) {
        await openMy(page, world.server, name, heading);
        await page.waitForLoadState("networkidle");
        assert.equal(await simplified(), "", name);
        await fitsInBoth(page, `${name} in Traditional Chinese`);
      }
    });

    test("is refused in it, and may choose another", async () => {
      await openMy(page, world.server, "object/name", "提出申訴");
      await page.getByLabel("請說明情況").fill("姓名寫錯了，請更正。");
      await page.getByRole("button", { name: "提交申訴" }).click();
      await page.getByRole("status").filter({ hasText: /已收到。由.+負責，最遲.+答覆。/ }).waitFor();
      await openMy(page, world.server, "object/name", "提出申訴");
      await page.getByLabel("請說明情況").fill("姓名寫錯了，請更正。");
      await page.getByRole("button", { name: "提交申訴" }).click();
      await page.getByRole("alert").filter({ hasText: "該事項已有正在處理的申訴。" }).waitFor();
      // What was told with a unit and a time in it, too.
      await page.goto(world.server.publicUrl);
      await page.getByRole("button", { name: "通知", exact: true }).click();
      await page.getByText(/您的申訴已受理，由.+辦理，將於\d{4}-\d\d-\d\d \d\d:\d\d前答覆。/).waitFor();
      await openMy(page, world.server, "object/name", "提出申訴");
      await page.getByRole("button", { name: "简体中文" }).click();
      await page.getByRole("heading", { level: 1, name: "提出申诉" }).waitFor();
      await page.goto(world.server.publicUrl);
      await page.getByRole("heading", { level: 1 }).filter({ hasText: "黄证" }).waitFor();
      await page.getByRole("button", { name: "繁體" }).click();
      await page.getByRole("heading", { level: 1 }).filter({ hasText: "黃證" }).waitFor();
      await until(page, () => document.documentElement.lang === "zh-Hant");
    });
  });
}
