/**
 * A gate when things go wrong in the middle: a thermometer after the scan, a proxy that answers for the
 * server, a network that swallows everything, a check whose network went, a bad line in the register,
 * a hand-over without network, and a group with somebody who needs the guard.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, openPage } from "../lib/browser.mjs";
import { fits } from "../lib/console.mjs";
import { residentNumber } from "../lib/district.mjs";
import { answered, goOnDuty, PIN, unlockGate, wedge } from "./gate.mjs";

const RELIEF_PIN = "731904";
/** A person has to be through in three seconds, also where nothing answers. */
const PERSON_MS_MAX = 3_000;

export function aloneSpecs(world) {
  describe("a gate when things go wrong in the middle", () => {
    const [green, second, yellow] = [residentNumber(831), residentNumber(832), residentNumber(833)];
    const names = { green: "严冬梅", second: "傅长河", yellow: "戴小军" };
    let page;
    let token;
    let papers;
    before(async () => {
      const { district } = world;
      for (const [key, number] of Object.entries({ green, second, yellow })) {
        await district.enrol(names[key], number);
        if (key !== "yellow") await district.verify(number);
      }
      papers = { green: await district.paperPass(green), second: await district.paperPass(second) };
      page = await openPage(world.browser, { viewport: { width: 360, height: 740 } });
      await page.goto(`${world.server.staffUrl}/gate/#code=${await district.deviceCode("五号机")}`);
      await page.locator("form button.primary").click();
      await page.locator("#username").waitFor();
      await goOnDuty(page, district.accounts.gate_guard);
      await page.waitForFunction(() => localStorage.getItem("gridpass.pass_keys"), null, { timeout: 15_000 });
      await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
      token = await page.evaluate(() => localStorage.getItem("gridpass.device_token"));
    });
    after(() => closePage(page));

    const next = () => page.getByRole("button", { name: "下一位" }).click();
    const nudge = () => page.evaluate(() => dispatchEvent(new Event("online")));
    const menu = async (what) => {
      await page.getByRole("button", { name: "更多" }).click();
      await page.getByRole("button", { name: what }).click();
    };
    const cut = async () => {
      await page.context().setOffline(true);
      await page.getByText(/^离线/).first().waitFor();
    };
    const restore = async () => {
      await page.context().setOffline(false);
      await nudge();
      await page.getByText("已联网").waitFor();
    };
    const nothingWaits = () => page.getByText(/^待上传/).waitFor({ state: "detached" });
    const today = async () => (await world.district.asDevice("device/board", token)).day;
    /** Milliseconds until an answer to a code is on the screen. */
    const waits = (text) =>
      page.evaluate(async (code) => {
        for (const key of code) dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        const began = performance.now();
        dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
        while (!document.querySelector("[data-action]")) await new Promise((wake) => setTimeout(wake, 5));
        return performance.now() - began;
      }, text);

    test("a reading after the scan is that person's, and never the next one's", async () => {
      await wedge(page, green);
      await answered(page, "pass");
      await wedge(page, "36.6");
      await page.locator(".measured", { hasText: "36.6℃" }).waitFor();
      const before = (await today()).scans;
      await next();
      await wedge(page, second);
      await answered(page, "pass");
      await page.getByRole("heading", { name: names.second }).waitFor();
      assert.equal(await page.locator(".measured").count(), 0, "the reading stayed with its person");
      assert.equal((await today()).scans - before, 1, "a normal reading is no second crossing");
      await wedge(page, "37.9");
      await answered(page, "stop");
      await page.locator(".measured", { hasText: "37.9℃" }).waitFor();
      await page.getByRole("heading", { name: names.second }).waitFor();
      await next();
      await wedge(page, green);
      await answered(page, "pass");
      assert.equal(await page.locator(".measured").count(), 0);
      await next();
    });

    test("what a device types into an open sheet is taken, not cancelled by its Enter", async () => {
      await page.getByRole("button", { name: "证件号" }).click();
      await page.getByRole("dialog").waitFor();
      await wedge(page, green);
      await answered(page, "pass");
      await next();
      await page.getByRole("button", { name: "体温" }).click();
      await page.getByRole("dialog").waitFor();
      await wedge(page, "366");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.getByRole("button", { name: /36\.6℃/ }).waitFor();
      await wedge(page, green);
      await answered(page, "pass");
      await page.locator(".measured", { hasText: "36.6℃" }).waitFor();
      await next();
    });

    test("a proxy or a server that cannot now is nobody's answer: the ladder decides", async () => {
      const answers = [
        { status: 503, contentType: "application/problem+json", headers: { "retry-after": "1" }, body: '{"status":503,"code":"database_unavailable"}' },
        { status: 502, contentType: "text/html", body: "<html>Bad Gateway</html>" },
        { status: 500, contentType: "application/problem+json", body: '{"status":500,"code":"internal"}' },
      ];
      for (const answer of answers) {
        await page.route("**/api/v1/**", (route) => route.fulfill(answer));
        assert.ok((await waits(papers.green)) < PERSON_MS_MAX);
        await page.locator('[data-rung="snapshot"],[data-rung="paper"]').waitFor();
        await next();
        await page.unroute("**/api/v1/**");
        await nudge();
        await page.getByText("已联网").waitFor();
      }
      await nothingWaits();
    });

    test("a network that swallows everything costs nobody three seconds", async () => {
      const before = (await today()).scans;
      await page.route("**/api/v1/**", () => undefined);
      for (const text of [papers.green, papers.second, papers.green]) {
        const took = await waits(text);
        assert.ok(took < PERSON_MS_MAX, `${Math.round(took)} ms`);
        await page.locator('[data-rung="snapshot"],[data-rung="paper"]').waitFor();
        await next();
      }
      await page.unroute("**/api/v1/**");
      await page.getByText("已联网").waitFor();
      await nothingWaits();
      assert.equal((await today()).scans - before, 3, "each counted once, whoever answered");
    });

    test("a late answer of the server corrects what the device said", async () => {
      await page.route("**/api/v1/scans", async (route) => {
        await new Promise((wake) => setTimeout(wake, 1_800));
        await route.continue();
      });
      const before = (await today()).scans;
      await wedge(page, papers.green);
      await page.locator('[data-rung="snapshot"],[data-rung="paper"]').waitFor();
      await page.locator('[data-rung="online"]').waitFor();
      await page.getByRole("heading", { name: names.green }).waitFor();
      await page.unroute("**/api/v1/scans");
      await next();
      await nothingWaits();
      assert.equal((await today()).scans - before, 1);
    });

    test("a check whose network went is kept, and told later", async () => {
      await wedge(page, yellow);
      await answered(page, "check");
      await page.getByRole("button", { name: "开始核查" }).click();
      await page.getByRole("button", { name: "返回", exact: true }).click();
      await answered(page, "check");
      await page.getByRole("button", { name: "开始核查" }).click();
      await page.context().setOffline(true);
      await page.getByRole("radio", { name: "没到过" }).click();
      await page.getByRole("checkbox").check();
      await assertAccessible(page, "a check without network");
      await page.getByRole("button", { name: /通过，放行/ }).click();
      await answered(page, "pass");
      await next();
      await page.getByText("待上传 1", { exact: true }).waitFor();
      await restore();
      await nothingWaits();
      await wedge(page, yellow);
      await answered(page, "pass");
      await page.getByText("今天已核查").waitFor();
      await next();
    });

    test("a line of the register that cannot be taken keeps no other back", async () => {
      const path = "**/api/v1/device/register";
      await menu("手工登记");
      await page.route(path, async (route) => {
        const body = route.request().postDataJSON();
        // As an older app left it in the queue.
        for (const entry of body.entries) if (entry.name === "坏行") entry.name = "坏\t行";
        await route.continue({ postData: JSON.stringify(body) });
      });
      for (const name of ["何\t国庆", "坏行", "向阳花"]) {
        await page.getByLabel("姓名").fill(name);
        await page.getByLabel("电话").fill("13800138000");
        await page.getByRole("button", { name: "登记放行" }).click();
        await page.getByText(new RegExp(`已登记 ${name.replace("\t", " ")}`)).waitFor();
      }
      await page.getByRole("button", { name: "返回扫码" }).click();
      await nudge();
      await nothingWaits();
      await page.getByRole("alert").filter({ hasText: "坏行" }).waitFor();
      await fits(page, "an entry set aside");
      await page.unroute(path);
      await page.getByRole("button", { name: "知道了" }).click();
      await page.getByText("坏行").waitFor({ state: "detached" });
    });

    test("in a group nobody is twice, and who needs the guard is not forgotten", async () => {
      await menu("多人一起查");
      await wedge(page, green);
      await page.locator(".group li").nth(0).waitFor();
      await page.getByRole("button", { name: "证件号" }).click();
      await page.getByRole("dialog").waitFor();
      await wedge(page, second);
      await page.locator(".group li").nth(1).waitFor();
      await wedge(page, green);
      await page.getByText("已查 2 人").waitFor();
      await fits(page, "a group");
      await page.getByRole("button", { name: "结束", exact: true }).click();
      await page.getByText(/还有 1 人需要处理/).waitFor();
      await fits(page, "ending a group with somebody open");
      await page.getByRole("button", { name: "继续处理" }).click();
      await page.locator(".group li button:not(:disabled)").click();
      await page.getByRole("heading", { name: names.second }).waitFor();
      await wedge(page, "38.0");
      await page.locator(".measured", { hasText: "38.0℃" }).waitFor();
      await next();
      await page.getByText("已查 2 人").waitFor();
      await page.getByRole("button", { name: "结束", exact: true }).click();
      await page.getByRole("button", { name: "仍然结束" }).click();
      await page.getByRole("radiogroup", { name: "方向" }).waitFor();
      assert.equal(await page.locator(".group").count(), 0);
    });

    test("a hand-over without network: the guard vouches, the next one goes on", async () => {
      await cut();
      await menu("交班");
      await page.getByRole("heading", { name: "无网络交班" }).waitFor();
      await fits(page, "handing over without network");
      await page.getByRole("button", { name: "不交给任何人，直接结束" }).click();
      await page.getByText(/卡口将停用/).waitFor();
      await page.getByLabel("接班人姓名").fill("小王");
      await page.getByLabel("您的 6 位口令").fill("111111");
      await page.getByLabel("接班人的新口令").fill(RELIEF_PIN);
      await page.getByRole("button", { name: "交给接班人" }).click();
      await page.getByRole("alert").filter({ hasText: "口令不对" }).waitFor();
      await page.getByLabel("您的 6 位口令").fill(PIN);
      await page.getByRole("button", { name: "交给接班人" }).click();
      await page.getByRole("heading", { name: "已锁定" }).waitFor();
      // The one before cannot open it any more.
      await unlockGate(page, "402862");
      await page.getByRole("alert").filter({ hasText: "口令不对" }).waitFor();
      await unlockGate(page, RELIEF_PIN);
      await page.locator(".finder").waitFor();
      await wedge(page, papers.green);
      await answered(page, "pass");
      await next();
      await restore();
      await nothingWaits();
      await page.getByText(/接班尚未确认/).waitFor();
      await fits(page, "a hand-over to confirm");
      await page.getByRole("button", { name: "登录确认" }).click();
      await goOnDuty(page, world.district.accounts.community_lead);
      await page.getByText(/接班尚未确认/).waitFor({ state: "detached" });
    });
  });
}
