/** Getting in for the first time, and the pages of the security administrator. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, DESKTOP, openPage, PHONE } from "../lib/browser.mjs";
import { fits, pickPlace } from "../lib/console.mjs";

const OWN_PASSWORD = "gravel teapot 52 heron";
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** What an authenticator app shows: RFC 6238 with a secret typed in. */
export function oneTimeCode(secret, at_ms) {
  const bits = [...secret.replace(/\s/g, "")].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(at_ms / 30_000)));
  const mac = createHmac("sha1", key).update(step).digest();
  const at = mac.at(-1) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

async function fill(page, username, password) {
  await page.getByLabel("用户名").fill(username);
  await page.getByLabel("密码").fill(password);
  await page.getByRole("button", { name: "登录", exact: true }).click();
}

/** Goes down the tree by keyboard alone. */
async function goDownTo(page, label, names) {
  const field = page.getByRole("combobox", { name: label, exact: true });
  await field.focus();
  for (const name of names) {
    const option = page.getByRole("option", { name }).first();
    await option.waitFor();
    for (let step = 0; step < 30 && !(await option.evaluate((one) => one.classList.contains("active"))); step++)
      await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForFunction(([id, wanted]) => document.getElementById(id).value === wanted, [await field.getAttribute("id"), name]);
  }
  await page.keyboard.press("Escape");
}

export function staffSpecs(world) {
  describe("accounts at the console", () => {
    let page;
    let first = "";
    before(async () => {
      page = await openPage(world.browser, { viewport: DESKTOP });
    });
    after(() => closePage(page));

    test("the security administrator makes an account and sees its password once", async () => {
      await page.goto(world.server.staffUrl);
      await fill(page, world.server.admin.username, world.server.admin.password);
      await page.getByRole("heading", { level: 1, name: "账号与授权" }).waitFor();
      await page.getByRole("button", { name: "新建账号" }).click();
      await page.getByLabel("用户名").fill("lin.mei");
      await page.getByLabel("姓名", { exact: true }).fill("林梅");
      await page.getByLabel("单位", { exact: true }).fill("六联社区");
      await page.getByLabel("角色", { exact: true }).selectOption({ label: "社区负责人" });
      await pickPlace(page, "管辖区划", "六联", /六联社区/);
      await assertAccessible(page, "the form of a new account");
      await page.getByRole("button", { name: "建立账号" }).click();
      first = (await page.locator("p.secret").innerText()).trim();
      assert.match(first, /^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/);
      await page.getByRole("button", { name: "继续" }).click();
      await page.getByRole("heading", { level: 2, name: "林梅" }).waitFor();
      assert.equal(await page.getByText(first).count(), 0);
      await fits(page, "the accounts");
    });

    test("gives a second role, and never two that check each other", async () => {
      await page.getByRole("button", { name: "授权" }).click();
      await page.getByLabel("角色", { exact: true }).selectOption({ label: "网格员" });
      await goDownTo(page, "管辖区划", ["坪山街道", "六联社区"]);
      await page.getByLabel("事由").fill("兼任");
      await page.getByRole("button", { name: "授权" }).click();
      const second = page.getByRole("listitem").filter({ hasText: "网格员" }).filter({ hasText: "六联社区" });
      await second.getByRole("button", { name: "收回" }).waitFor();
      await page.setViewportSize(PHONE);
      await fits(page, "one account on a phone");
      await page.setViewportSize(DESKTOP);
    });

    test("its owner sets a password, confirms the ten rules and chooses a role", async () => {
      await page.getByRole("button", { name: "退出", exact: true }).click();
      await fill(page, "lin.mei", first);
      await page.getByRole("heading", { name: "设一个自己的密码" }).waitFor();
      await fits(page, "the change of the password");
      await page.getByLabel("当前密码").fill(first);
      await page.getByLabel("新密码", { exact: true }).fill("password123");
      await page.getByLabel("再输一遍新密码").fill("password123");
      await page.getByRole("button", { name: "保存新密码" }).click();
      await page.getByRole("alert").filter({ hasText: "过于简单" }).waitFor();
      await page.getByLabel("新密码", { exact: true }).fill(OWN_PASSWORD);
      await page.getByLabel("再输一遍新密码").fill(OWN_PASSWORD);
      await page.getByRole("button", { name: "保存新密码" }).click();

      await page.getByRole("heading", { name: /十不准/ }).waitFor();
      assert.equal(await page.locator(".rules li").count(), 10);
      const confirm = page.getByRole("button", { name: "确认" });
      assert.ok(await confirm.isDisabled(), "nothing is confirmed unread");
      await page.setViewportSize(PHONE);
      await fits(page, "the ten rules on a phone");
      await page.setViewportSize(DESKTOP);
      await page.getByLabel("我已读完，并将遵守").check();
      await confirm.click();

      await page.getByRole("heading", { name: "选择任职身份" }).waitFor();
      await fits(page, "the choice of a role");
      await page.getByRole("button", { name: /^社区负责人/ }).click();
      await page.getByRole("link", { name: "我的账号" }).click();
      await page.getByRole("heading", { level: 2, name: "林梅" }).waitFor();
    });

    test("sets up one-time codes, and needs one from then on", async () => {
      await page.getByRole("button", { name: "绑定" }).click();
      const secret = await page.locator("code.secret").innerText();
      await page.getByRole("img", { name: "验证器绑定二维码" }).waitFor();
      assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1, "one page, one title");
      await fits(page, "the setting up of one-time codes");
      const enrolled_ms = Date.now();
      await page.getByLabel("6 位验证码").fill(oneTimeCode(secret, enrolled_ms));
      await page.getByRole("button", { name: "继续" }).click();
      await page.getByLabel("我已抄好").waitFor();
      const codes = await page.locator(".codes code").allInnerTexts();
      assert.equal(codes.length, 10);
      await page.getByLabel("我已抄好").check();
      await page.getByRole("button", { name: "继续" }).click();
      await page.getByText("还有 10 个备用码").waitFor();
      await page.setViewportSize(PHONE);
      await fits(page, "one's own account on a phone");
      await page.setViewportSize(DESKTOP);

      await page.getByRole("button", { name: "退出", exact: true }).last().click();
      await fill(page, "lin.mei", OWN_PASSWORD);
      await page.getByRole("heading", { name: "输入动态验证码" }).waitFor();
      await fits(page, "the question for a code");
      await page.getByRole("button", { name: /用备用码/ }).click();
      await page.getByLabel("备用码", { exact: true }).fill(codes[0]);
      await page.getByRole("button", { name: "继续" }).click();
      await page.getByRole("button", { name: /^社区负责人/ }).click();
      await page.getByRole("link", { name: "我的账号" }).click();
      await page.getByText("还有 9 个备用码").waitFor();
    });

    test("hands work over to a colleague and takes it back", async () => {
      await page.getByRole("button", { name: "交给同事" }).click();
      await page.getByLabel("同事的用户名").fill("e2e.grid_worker");
      const later = new Date(Date.now() + 8 * 3_600_000 + 2 * 86_400_000).toISOString().slice(0, 16);
      await page.getByLabel("到什么时候").fill(later);
      await page.getByLabel("事由").fill("休假");
      await assertAccessible(page, "the hand-over");
      await page.getByRole("button", { name: "确认交接" }).click();
      const given = page.getByRole("listitem").filter({ hasText: "已交给网格员小陈" });
      await given.getByRole("button", { name: "收回" }).click();
      await given.waitFor({ state: "detached" });
    });

    test("speaks English", async () => {
      await page.getByRole("button", { name: "English" }).click();
      await page.getByRole("heading", { name: "Signed-in devices" }).waitFor();
      await fits(page, "one's own account in English");
      await page.getByRole("button", { name: "中文" }).click();
      await page.getByRole("button", { name: "退出", exact: true }).last().click();
      await page.getByLabel("用户名").waitFor();
    });
  });
}
