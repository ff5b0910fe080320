/** The guard's device: set up once, then one decision after the other. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, openPage, until } from "../lib/browser.mjs";
import { residentNumber } from "../lib/district.mjs";
import { apply, codeOf } from "./pass.mjs";

/** The PIN of every guard in these tests. */
export const PIN = "402861";

/** A guard signs in and chooses a PIN. */
export async function goOnDuty(page, { username, password }) {
  await page.locator("#username").fill(username);
  await page.locator("#password").fill(password);
  await page.locator("form button.primary").click();
  await page.locator(".pin").waitFor();
  await page.keyboard.type(PIN);
  await page.locator(".finder").waitFor();
}

/** A guard comes back to a locked device. */
export async function unlockGate(page, pin = PIN) {
  await page.locator(".pin").waitFor();
  await page.keyboard.type(pin);
  if (pin === PIN) await page.locator(".finder").waitFor();
}

/** Opens the gate app as the given device, with a guard on duty. */
export async function openGate(page, world) {
  await page.goto(`${world.server.staffUrl}/gate/#token=${encodeURIComponent(world.district.deviceToken)}`);
  await page.getByRole("heading", { name: "东门" }).waitFor();
  await goOnDuty(page, world.district.accounts.gate_guard);
}

/** What a hand scanner does: types and presses Enter. */
export async function wedge(page, text) {
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
}

export const answered = (page, action) => page.locator(`[data-action="${action}"]`).waitFor();

export function gateSpecs(world) {
  const green = residentNumber(201);
  const yellow = residentNumber(202);
  const red = residentNumber(203);

  describe("the gate", () => {
    let page;
    before(async () => {
      const { district } = world;
      await district.enrol("陈建国", green);
      await district.verify(green);
      await district.enrol("李秀英", yellow);
      await district.enrol("张伟", red);
      await district.quarantine(red);
      page = await openPage(world.browser);
    });
    after(() => closePage(page));
    const next = () => page.getByRole("button", { name: "下一位" }).click();

    test("asks for its token, refuses a wrong one, hides the right one", async () => {
      await page.goto(`${world.server.staffUrl}/gate/`);
      await assertAccessible(page, "the set-up page");
      await page.getByRole("button", { name: "改用设备令牌" }).click();
      await page.getByLabel("设备令牌").fill("gpd1.1.wrong");
      await page.getByRole("button", { name: "开始使用" }).click();
      await page.getByRole("alert").filter({ hasText: "令牌无效" }).waitFor();
      await page.goto("about:blank");
      await openGate(page, world);
      assert.ok(!page.url().includes("token"), page.url());
      await assertAccessible(page, "the scan page");
    });

    test("a typed number: green passes", async () => {
      await page.getByRole("button", { name: "证件号" }).click();
      const keys = page.getByRole("dialog");
      await assertAccessible(page, "the keypad");
      for (const key of green) await keys.getByRole("button", { name: key, exact: true }).click();
      await keys.getByRole("button", { name: "确定" }).click();
      await answered(page, "pass");
      await page.getByRole("heading", { name: "陈建国" }).waitFor();
      const shown = await page.locator(".decision").innerText();
      assert.match(shown, /可放行/);
      assert.match(shown, /绿证/);
      assert.match(shown, /4403\*{10}\d{3}[\dX]/);
      assert.match(shown, /金地朗悦花园/);
      await assertAccessible(page, "the green decision");
      await next();
    });

    test("a mistyped number is refused before it is sent", async () => {
      await page.getByRole("button", { name: "证件号" }).click();
      const last = green.at(-1) === "0" ? "1" : "0";
      await page.keyboard.type(green.slice(0, 17) + last);
      await page.getByRole("alert").filter({ hasText: "号码不对" }).waitFor();
      assert.ok(await page.getByRole("button", { name: "确定" }).isDisabled());
      await page.keyboard.press("Escape");
    });

    test("yellow is checked on the spot, then passes", async () => {
      await wedge(page, yellow);
      await answered(page, "check");
      await assertAccessible(page, "the yellow decision");
      await page.getByRole("button", { name: "开始核查" }).click();
      await assertAccessible(page, "the check on the spot");
      const pass = page.getByRole("button", { name: /通过，放行/ });
      assert.ok(await pass.isDisabled(), "nothing was asked yet");
      await page.getByRole("radio", { name: "没到过" }).click();
      await page.getByRole("checkbox").check();
      await pass.click();
      await answered(page, "pass");
      await next();
      await wedge(page, yellow);
      await answered(page, "pass");
      await page.getByText("今天已核查").waitFor();
      await next();
    });

    test("red is held", async () => {
      await wedge(page, red);
      await answered(page, "stop");
      assert.match(await page.locator(".decision").innerText(), /请拦停/);
      await assertAccessible(page, "the red decision");
      await next();
    });

    test("a holder's code read by a hand scanner is decided", async () => {
      const phone = await openPage(world.browser);
      await apply(phone, world.server, { name: "赵敏", number: residentNumber(204) });
      await wedge(page, await codeOf(phone));
      await answered(page, "check");
      await page.getByRole("heading", { name: "赵敏" }).waitFor();
      await page.getByRole("button", { name: "开始核查" }).click();
      await page.getByRole("radio", { name: "没到过" }).click();
      await page.getByRole("button", { name: "不通过，暂留" }).click();
      await page.getByRole("heading", { name: "请暂留" }).waitFor();
      await next();
      await closePage(phone);
    });

    test("a fever stops a green pass", async () => {
      const number = residentNumber(205);
      await world.district.enrol("孙丽", number);
      await world.district.verify(number);
      await page.getByRole("button", { name: "体温" }).click();
      await page.keyboard.type("375");
      await page.getByText("37.3℃ 及以上不放行").waitFor();
      await page.getByRole("button", { name: "确定" }).click();
      await wedge(page, number);
      await answered(page, "stop");
      assert.match(await page.locator(".decision").innerText(), /体温异常/);
      await next();
    });

    test("somebody nobody knows, and a code of another system, get an answer too", async () => {
      await wedge(page, residentNumber(999));
      await page.getByRole("heading", { name: "没有判定" }).waitFor();
      await assertAccessible(page, "no decision");
      await next();
      await wedge(page, "HTTPS://EXAMPLE.ORG/NOT-OURS");
      await page.getByRole("heading", { name: "没有判定" }).waitFor();
      await next();
    });

    test("counts the day and shows the gate's own code", async () => {
      const counts = await page.locator(".counts").innerText();
      assert.match(counts.replace(/\s+/g, " "), /放行 [1-9]\d* 核查 [1-9]\d* 拦停 [1-9]/);
      await page.getByRole("button", { name: "更多" }).click();
      await assertAccessible(page, "the menu");
      await page.getByRole("button", { name: "显示卡口码" }).click();
      await page.getByRole("img", { name: "卡口码" }).waitFor();
      await assertAccessible(page, "the gate's code");
      await page.getByRole("button", { name: "返回扫码" }).click();
    });

    test("speaks English as well", async () => {
      await page.getByRole("button", { name: "更多" }).click();
      await page.getByRole("button", { name: "English" }).click();
      await page.getByRole("button", { name: "Cancel" }).click();
      await page.getByText("Online", { exact: true }).waitFor();
      await assertAccessible(page, "the scan page in English");
      await wedge(page, green);
      await page.getByRole("heading", { name: "Let them pass" }).waitFor();
      await assertAccessible(page, "the decision in English");
      await page.getByRole("button", { name: "Next" }).click();
      await page.getByRole("button", { name: "More" }).click();
      await page.getByRole("button", { name: "中文" }).click();
      await page.getByRole("button", { name: "取消" }).click();
    });

    test("without network it says so, decides by signatures, and uploads once", async () => {
      const phone = await openPage(world.browser);
      await apply(phone, world.server, { name: "郑洁", number: residentNumber(206) });
      await until(page, () => navigator.serviceWorker.controller !== null);
      await page.context().setOffline(true);
      await page.reload();
      await unlockGate(page);
      await page.getByText("离线").first().waitFor();
      await assertAccessible(page, "the scan page offline");
      await wedge(page, green);
      await answered(page, "check");
      await page.getByText(/证件号查不到颜色/).waitFor();
      await page.getByRole("button", { name: "开始核查" }).click();
      await assertAccessible(page, "a number without network");
      await page.getByRole("radio", { name: "没到过" }).click();
      await page.getByRole("checkbox").check();
      await page.getByRole("button", { name: /通过，放行/ }).click();
      await answered(page, "pass");
      await next();
      const code = await codeOf(phone);
      await wedge(page, code);
      await answered(page, "check");
      await page.getByText(/离线 · 签名有效/).waitFor();
      await assertAccessible(page, "the decision offline");
      await page.getByRole("button", { name: "开始核查" }).click();
      await page.getByRole("radio", { name: "没到过" }).click();
      await page.getByRole("checkbox").check();
      await page.getByRole("button", { name: /通过，放行/ }).click();
      await answered(page, "pass");
      await next();
      await wedge(page, `${code.slice(0, -4)}AAAA`);
      await page.getByText(/离线核验不通过/).waitFor();
      await next();
      // A scan, its check, and a line of the register.
      await page.getByText("待上传 3").waitFor();
      const upload = page.waitForResponse((answer) => answer.url().endsWith("/scans/batch"));
      const checks = page.waitForResponse((answer) => answer.url().endsWith("/gate-checks"));
      const entries = page.waitForResponse((answer) => answer.url().endsWith("/device/register"));
      await page.context().setOffline(false);
      const { accepted, rejected } = await (await upload).json();
      assert.deepEqual({ accepted, rejected }, { accepted: 1, rejected: [] });
      assert.equal((await checks).status(), 201, "what the guard found is told, too");
      assert.equal((await (await entries).json()).accepted, 1);
      await page.getByText(/待上传/).waitFor({ state: "detached" });
      await page.getByText("已联网").waitFor();
      await closePage(phone);
    });
  });
}
