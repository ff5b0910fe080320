/** A guard's small phone: every button in reach, and whoever was on the screen still there after a reload. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { closePage, openPage } from "../lib/browser.mjs";
import { fits } from "../lib/console.mjs";
import { residentNumber } from "../lib/district.mjs";
import { enrolDevice, guardOn, keptText } from "../lib/guard.mjs";
import { answered, goOnDuty, PIN, unlockGate, wedge } from "./gate.mjs";

const UPRIGHT = [
  { width: 360, height: 640 },
  { width: 320, height: 568 },
];
const LYING = { width: 640, height: 360 };

export function keptSpecs(world) {
  describe("a guard's small phone that saves battery", () => {
    const [green, red, yellow, hot, stranger] = [1, 2, 3, 4, 5].map((n) => residentNumber(n, "19690909"));
    const names = { green: "樊志远", red: "庞立", yellow: "纪晓", hot: "霍然" };
    let page;
    let guard;
    before(async () => {
      const { district } = world;
      for (const [who, number] of Object.entries({ green, red, yellow, hot })) await district.enrol(names[who], number);
      await district.verify(green);
      await district.verify(hot);
      await district.quarantine(red);
      page = await openPage(world.browser, { viewport: UPRIGHT[0] });
      guard = guardOn(page, world);
      await enrolDevice(page, world, await district.deviceCode("九号机"));
      await goOnDuty(page, district.accounts.gate_guard);
    });
    after(() => closePage(page));

    /** Every button of the screen lies in the window, on small phones, without scrolling. */
    const inReach = (what, ...buttons) => inReachAt([...UPRIGHT, LYING], what, buttons);
    async function inReachAt(sizes, what, buttons) {
      for (const size of sizes) {
        await page.setViewportSize(size);
        for (const name of buttons) {
          const box = await page.getByRole("button", { name }).last().boundingBox();
          const at = `${what}: ${name} at ${size.width} x ${size.height}`;
          assert.ok(box && box.y >= 0 && box.y + box.height <= size.height, `${at}: ${JSON.stringify(box)}`);
          assert.ok(box.height >= 44, `${at} is big`);
        }
        const spills = (cards) => cards.filter((card) => card.scrollHeight > card.clientHeight + 1).length;
        assert.equal(await page.locator(".because, .holder").evaluateAll(spills), 0, `${what} stays in its cards`);
        await fits(page, `${what} at ${size.width} pixels`);
      }
      await page.setViewportSize(UPRIGHT[0]);
    }
    /** The phone's system threw the page away; the guard is back. */
    async function thrownAway() {
      await page.waitForTimeout(500);
      await page.reload();
      await page.getByRole("heading", { name: "已锁定" }).waitFor();
      await page.locator(".pin").waitFor();
      assert.equal(await page.getByRole("alertdialog").count(), 0, "nobody is shown before the PIN");
      await unlockGate(page);
    }

    test("what the guard presses next is always in reach", async () => {
      await wedge(page, hot);
      await answered(page, "pass");
      await page.getByRole("heading", { name: names.hot }).waitFor();
      await wedge(page, "38.2");
      await answered(page, "stop");
      await page.getByText("已通知，待接单").first().waitFor();
      await inReach("a fever", "复测体温", "下一位");
      await guard.next();
      await wedge(page, red);
      await answered(page, "stop");
      await page.getByRole("heading", { name: names.red }).waitFor();
      await inReach("somebody red", "下一位");
      await guard.next();
      await wedge(page, yellow);
      await answered(page, "check");
      await page.getByRole("heading", { name: names.yellow }).waitFor();
      await inReach("somebody yellow", "人已离开", "开始核查");
      await page.getByRole("button", { name: "开始核查" }).click();
      await inReach("a check", "不通过，暂留", /通过，放行/);
      await page.getByRole("button", { name: "返回", exact: true }).click();
      await page.getByRole("button", { name: "人已离开" }).click();
      await wedge(page, stranger);
      await page.getByRole("heading", { name: "没有判定" }).waitFor();
      await wedge(page, "38.8");
      await page.getByRole("alertdialog", { name: "请拦停" }).waitFor();
      await inReach("a stranger's fever", "手工登记", "复测体温", "再试一次", "下一位");
    });

    test("a stranger's fever is there again after a reload, and gone once the guard went on", async () => {
      await thrownAway();
      const stop = page.getByRole("alertdialog", { name: "请拦停" });
      await stop.getByText("38.8℃").waitFor();
      await page.getByRole("alert").filter({ hasText: "接着办刚才没办完的" }).waitFor();
      await fits(page, "a stranger's fever after a reload");
      // As before: not the next one's reading.
      await wedge(page, "36.5");
      await page.getByRole("alert").filter({ hasText: "体温没有记下" }).waitFor();
      await stop.getByText("38.8℃").waitFor();
      await guard.next();
      await page.getByRole("alert").filter({ hasText: "已自动登记：拦停，38.8℃" }).waitFor();
      await thrownAway();
      assert.equal(await page.getByRole("alertdialog").count(), 0, "the next person is nobody yet");
    });

    test("somebody to check is there again, from the answer and from the form", async () => {
      for (const inForm of [false, true]) {
        await wedge(page, yellow);
        await answered(page, "check");
        if (inForm) await page.getByRole("button", { name: "开始核查" }).click();
        await thrownAway();
        await answered(page, "check");
        await page.getByRole("heading", { name: names.yellow }).waitFor();
        if (!inForm) await page.getByRole("button", { name: "人已离开" }).click();
      }
      await page.getByRole("button", { name: "开始核查" }).click();
      await page.getByRole("radio", { name: "没到过" }).click();
      await page.getByRole("checkbox").check();
      await page.getByRole("button", { name: /通过，放行/ }).click();
      await answered(page, "pass");
      await guard.next();
    });

    test("a group is there again with everybody in it, locked or thrown away", async () => {
      await guard.menu("多人一起查");
      for (const [at, number] of [green, red].entries()) {
        await wedge(page, number);
        await page.locator(".group li").nth(at).waitFor();
      }
      // Lying, the list of a long group is gone through first.
      await inReachAt(UPRIGHT, "a group", ["结束"]);
      await thrownAway();
      await page.getByText("已查 2 人").waitFor();
      await page.getByText("1 人需处理").waitFor();
      await page.getByRole("button", { name: /请拦停/ }).click();
      await page.getByRole("heading", { name: names.red }).waitFor();
      await thrownAway();
      await page.getByRole("alertdialog", { name: "请拦停" }).waitFor();
      await page.getByRole("heading", { name: names.red }).waitFor();
      await guard.next();
      await page.getByText("已查 2 人").waitFor();
      await guard.menu("锁定");
      await unlockGate(page);
      await page.getByText("已查 2 人").waitFor();
    });

    test("a half-written entry is there again", async () => {
      await page.getByRole("button", { name: "结束", exact: true }).click();
      await page.getByRole("button", { name: "仍然结束" }).click();
      await guard.menu("手工登记");
      await page.getByLabel("姓名").fill("半个人");
      await page.waitForTimeout(500);
      await page.reload();
      await page.locator(".pin").waitFor();
      await page.keyboard.type(PIN);
      await page.getByRole("heading", { name: "手工登记" }).waitFor();
      assert.equal(await page.getByLabel("姓名").inputValue(), "半个人");
      await guard.back();
    });

    test("lies sealed, and is gone with a hand-over", async () => {
      await wedge(page, yellow);
      await page.locator("[data-action]").waitFor();
      await guard.next();
      await guard.menu("多人一起查");
      await wedge(page, red);
      await page.locator(".group li").waitFor();
      await page.waitForTimeout(500);
      const text = await keptText(page);
      for (const secret of [red, names.red]) assert.ok(!text.includes(secret), `${secret} lies in the open`);
      await guard.menu("交班");
      await page.getByRole("button", { name: "确认交班" }).click();
      await goOnDuty(page, world.district.accounts.gate_guard);
      assert.equal(await page.locator(".group").count(), 0, "the next shift begins with nobody");
    });
  });
}
