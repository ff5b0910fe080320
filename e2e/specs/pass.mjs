/** The resident's phone: applying, showing, and showing on when nobody answers. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, openPage, PHONE as PHONE_SCREEN, until } from "../lib/browser.mjs";
import { residentNumber, shownCode } from "../lib/district.mjs";
import { startServer } from "../lib/server.mjs";

const PHONE = "13800138000";
const WORDS = {
  "zh-CN": {
    name: "姓名",
    number: "证件号码",
    phone: "手机号",
    send: "获取验证码",
    sent: /验证码已发送到 138\*{4}8000/,
    code: "短信验证码",
    apply: "领取通行证",
    yellow: /黄证/,
    qr: /二维码/,
  },
  en: {
    name: "Name",
    number: "Document number",
    phone: "Mobile number",
    send: "Send me a code",
    sent: /A code went to 138\*{4}8000/,
    code: "Code from the text message",
    apply: "Get my pass",
    yellow: /Yellow/,
    qr: /Pass code/,
  },
};

/** Fills the form up to the code and waits until one was sent. */
export async function askForCode(page, server, { name, number, language = "zh-CN" }) {
  const words = WORDS[language];
  await page.goto(server.publicUrl);
  await page.getByLabel(words.name, { exact: true }).fill(name);
  await page.getByLabel(words.number).fill(number);
  await page.getByLabel(words.phone).fill(PHONE);
  await page.getByRole("button", { name: words.send }).click();
  await page.getByText(words.sent).waitFor();
}

/** Fills the three fields and the code, and waits for the pass. */
export async function apply(page, server, applicant) {
  const words = WORDS[applicant.language ?? "zh-CN"];
  await askForCode(page, server, applicant);
  await page.getByLabel(words.code).fill(await shownCode(server, PHONE));
  await page.getByRole("button", { name: words.apply }).click();
  await page.getByRole("heading", { level: 1 }).filter({ hasText: applicant.look ?? words.yellow }).waitFor();
  await page.getByRole("img", { name: words.qr }).waitFor();
}

/** The text of the code on the screen. */
export const codeOf = (page) => page.locator("[data-code]").getAttribute("data-code");

export function passSpecs(world) {
  describe("the pass", () => {
    let page;
    before(async () => {
      page = await openPage(world.browser);
    });
    after(() => closePage(page));

    test("says in plain words what is wrong with a number", async () => {
      await page.goto(world.server.publicUrl);
      const number = page.getByLabel("证件号码");
      const said = page.locator("#document_number-note");
      await number.fill("440399198001010014");
      await number.blur();
      assert.match(await said.innerText(), /有一位写错了/);
      assert.equal(await number.getAttribute("aria-invalid"), "true");
      await number.fill("44039919800101001");
      assert.match(await said.innerText(), /现在是17位/);
      await number.fill(residentNumber(1));
      assert.equal(await said.innerText(), "");
      await assertAccessible(page, "the form with nothing wrong");
    });

    test("asks for a code, counts down, and says what is wrong with one", async () => {
      await askForCode(page, world.server, { name: "王大伟", number: residentNumber(104) });
      const again = page.getByRole("button", { name: /\d+秒后可重新获取/ });
      assert.equal(await again.isDisabled(), true);
      const code = await shownCode(world.server, PHONE);
      const field = page.getByLabel("短信验证码");
      const said = page.locator("#phone_code-note");
      await field.fill("12345");
      await field.blur();
      assert.match(await said.innerText(), /6位数字/);
      await field.fill(String((Number(code) + 1) % 1_000_000).padStart(6, "0"));
      await page.getByRole("button", { name: "领取通行证" }).click();
      await until(page, () => /验证码有误/.test(document.querySelector("#phone_code-note").textContent));
      await assertAccessible(page, "the form with a wrong code");
      await page.getByRole("button", { name: "大字版" }).click();
      await page.getByLabel("短信验证码").waitFor();
      await assertAccessible(page, "the form in large type");
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.equal(overflow, 0, "nothing sticks out at the side");
      await page.getByRole("button", { name: "标准版" }).click();
    });

    test("comes at once, yellow, with word, shape and code", async () => {
      // On a low screen the form's button lies below, and the pass is at the top all the same.
      await page.setViewportSize({ width: 320, height: 568 });
      await apply(page, world.server, { name: "欧阳娜仁·其其格", number: residentNumber(101) });
      const block = page.locator(".sign");
      await block.waitFor();
      assert.equal(await page.evaluate(() => scrollY), 0, "colour and word are on the screen");
      await page.setViewportSize(PHONE_SCREEN);
      assert.match(await block.innerText(), /黄证\s*临时可通行/);
      assert.equal(await block.locator("svg path").count(), 1);
      assert.match(await page.locator(".number").innerText(), /^4403\*{10}\d{3}[\dX]$/);
      assert.match(await codeOf(page), /^GP1:[0-9A-Z $%*+\-./:]+$/);
      await assertAccessible(page, "the yellow pass");
    });

    test("is readable large and in English", async () => {
      await page.getByRole("button", { name: "大字版" }).click();
      await assertAccessible(page, "the pass in large type");
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.equal(overflow, 0, "nothing sticks out at the side");
      await page.getByRole("button", { name: "English" }).click();
      await page.getByRole("heading", { name: /Yellow/ }).waitFor();
      assert.equal(await page.locator("html").getAttribute("lang"), "en");
      await assertAccessible(page, "the pass in large English");
      await page.getByRole("button", { name: "Normal type" }).click();
      await assertAccessible(page, "the pass in English");
      await page.getByRole("button", { name: "中文" }).click();
    });

    test("takes a photo, small and without what the file hid", async () => {
      const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.locator(".portrait").click()]);
      await chooser.setFiles({ name: "me.png", mimeType: "image/png", buffer: world.portrait });
      await page.getByRole("img", { name: "本人照片" }).waitFor();
      await page.reload();
      await page.getByRole("img", { name: "本人照片" }).waitFor();
    });

    test("moves to another phone, and both phones say so", async () => {
      const second = await openPage(world.browser);
      await apply(second, world.server, { name: "欧阳娜仁·其其格", number: residentNumber(101) });
      await second.getByText("通行证已换到本机，原来的手机不再有效。").waitFor();
      await assertAccessible(second, "the pass on the second phone");
      await second.getByRole("button", { name: "通知" }).click();
      await second.getByText(/换到另一部手机，原手机不再有效/).waitFor();
      await assertAccessible(second, "the notices");
      await page.getByRole("button", { name: "更新", exact: true }).click();
      await page.getByRole("alert").filter({ hasText: /换到另一部手机，本机不再有效/ }).waitFor();
      await assertAccessible(page, "the phone that was replaced");
      await closePage(second);
    });
  });
}

export function challengeSpecs(world) {
  describe("the pass where a task comes before enrolment", { skip: !world.stoppable && "the server is not ours to set up" }, () => {
    test("is got all the same: the phone solves the task by itself", async () => {
      const server = await startServer(["--enrol-challenge", "work:12"]);
      const page = await openPage(world.browser);
      try {
        await apply(page, server, { name: "冯程程", number: residentNumber(103) });
      } finally {
        await closePage(page);
        await server.end();
      }
    });
  });
}

export function withoutServerSpecs(world) {
  describe("the pass with the server stopped", { skip: !world.stoppable && "the server is not ours to stop" }, () => {
    let page;
    let across;
    before(async () => {
      across = await openPage(world.browser, { language: "zh-HK" });
      await across.goto(world.server.publicUrl);
      await across.getByLabel("姓名").waitFor();
      await until(across, () => navigator.serviceWorker.controller !== null);
      page = await openPage(world.browser);
      await page.clock.install();
      await apply(page, world.server, { name: "刘德全", number: residentNumber(102) });
      await until(page, () => navigator.serviceWorker.controller !== null);
      await world.server.stop();
    });
    after(async () => {
      await world.server.start();
      await closePage(page);
      await closePage(across);
    });

    test("makes a new code every 30 s by itself", async () => {
      const codes = new Set([await codeOf(page)]);
      for (let i = 0; i < 3; i++) {
        const last = await codeOf(page);
        await page.clock.runFor(31_000);
        await until(page, (old) => document.querySelector("[data-code]")?.getAttribute("data-code") !== old, last);
        codes.add(await codeOf(page));
      }
      assert.equal(codes.size, 4);
    });

    test("still shows colour, code and age after the page is opened anew", async () => {
      await page.reload();
      await page.getByRole("heading", { level: 1 }).filter({ hasText: "黄证" }).waitFor();
      await page.locator("[data-code]").waitFor();
      await page.getByText("未连网，证件仍可出示").waitFor();
      await page.clock.runFor(180_000);
      await page.getByText(/数据更新于 [45] 分钟前/).waitFor();
      await assertAccessible(page, "the pass without a server");
    });

    test("speaks Traditional Chinese without one, too", async () => {
      await across.reload();
      await across.getByText("電子通行證", { exact: true }).waitFor();
      assert.equal(await across.locator("html").getAttribute("lang"), "zh-Hant");
    });

    test("still shows them a day later, and then says that the number works", async () => {
      const before = await codeOf(page);
      await page.clock.fastForward(23 * 3_600_000);
      await page.getByText(/数据更新于 23 小时前/).waitFor();
      await until(page, (old) => document.querySelector("[data-code]")?.getAttribute("data-code") !== old, before);
      assert.match(await page.locator(".sign").innerText(), /黄证/);
      await page.clock.fastForward(2 * 3_600_000);
      await page.getByText("二维码已过期，请连网更新。现在可报证件号通行。").waitFor();
      assert.match(await page.locator(".sign").innerText(), /黄证/);
    });
  });
}
