/**
 * Somebody held at a gate: who comes and when, on the guard's device, as the response team says it on a
 * phone; late, escalated, without network. And an inspector at the gate with a specimen.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, openPage, PHONE } from "../lib/browser.mjs";
import { fits, openConsole } from "../lib/console.mjs";
import { setClock } from "../lib/clock.mjs";
import { enterDistrict, residentNumber } from "../lib/district.mjs";
import { openTab } from "../lib/field.mjs";
import { startServer } from "../lib/server.mjs";
import { answered, openGate, unlockGate, wedge } from "./gate.mjs";

// Clocks run out here, so this server has one of its own.
const START = "2020-03-06T09:00:00+08:00";
const NAME = "卢少华";
const CALL = "0755-28330001";
const SMALL = { width: 360, height: 740 };
const MINUTE_MS = 60_000;

export function heldSpecs(world) {
  describe("somebody held at a gate", { skip: !world.stoppable && "needs a server of its own" }, () => {
    const number = residentNumber(821);
    const own = {};
    let gate;
    let doctor;
    before(async () => {
      own.server = await startServer([], ["--simulated-clock", START]);
      own.district = await enterDistrict(own.server);
      await own.district.setPhone("440310001001", CALL);
      await own.district.enrol(NAME, number);
      await own.district.quarantine(number);
      gate = await openPage(world.browser, { viewport: SMALL });
      await openGate(gate, own);
      doctor = await openPage(world.browser, { viewport: PHONE });
      await openTab(doctor, own, "team_doctor", "alerts");
    });
    after(async () => {
      await closePage(gate);
      await closePage(doctor);
      await own.server?.end();
    });
    const alert = () => doctor.locator("li.alert").filter({ hasText: NAME });
    const held = () => gate.locator(".held li").filter({ hasText: NAME });
    const back = () => gate.getByRole("button", { name: "返回扫码" }).click();
    /** The app looks at once instead of at its next heartbeat. */
    const nudge = (page) => page.evaluate(() => dispatchEvent(new Event("online")));
    const passes = async (minutes) => {
      await setClock(own.server, Date.parse((await own.district.time()).now) + minutes * MINUTE_MS);
      await nudge(gate);
    };

    test("the guard sees that the team was asked, and whom to call", async () => {
      await wedge(gate, number);
      await answered(gate, "stop");
      await gate.getByText("已通知，待接单").waitFor();
      const call = gate.getByRole("link", { name: CALL });
      assert.equal(await call.getAttribute("href"), `tel:${CALL}`);
      await gate.getByText("六联社区三位一体小组").waitFor();
      await fits(gate, "somebody held, at 360 pixels");
    });

    test("nobody answers: the level above is told, and the guard knows", async () => {
      await passes(6);
      await gate.getByText(/无人响应，已上报社区/).waitFor();
      await fits(gate, "somebody held whom nobody answers for");
    });

    // The doctor's phone does not know that the clock was moved: its minutes are by the clock of before.
    test("one tap on the team's phone says who comes and when", async () => {
      await alert().getByRole("button", { name: /^10/ }).waitFor();
      await fits(doctor, "an alert to accept");
      await alert().getByRole("button", { name: /^10/ }).click();
      await alert().getByText("已告知卡口").waitFor();
      // The strip below may say it, too, by then.
      const why = gate.locator("#answer-why");
      await why.getByText("正在赶来").waitFor();
      await why.getByText(/约 \d+ 分钟后到/).waitFor();
      await why.getByText("社区医生").waitFor();
      await fits(gate, "somebody on the way");
      await gate.getByRole("button", { name: "下一位" }).click();
      await gate.getByRole("button", { name: /暂留 1 人/ }).getByText(/约 \d+ 分钟后到/).waitFor();
      await fits(gate, "the scan page with somebody held");
      await gate.getByRole("button", { name: /暂留 1 人/ }).click();
      await held().getByText("正在赶来").waitFor();
      await fits(gate, "the list of people held");
    });

    test("the time is put off, and who is late is said to be late", async () => {
      await alert().getByRole("button", { name: "改到场时间" }).click();
      await fits(doctor, "changing the time");
      await alert().getByRole("button", { name: /^20/ }).click();
      await held().getByText(/约 1\d 分钟后到/).waitFor();
      await passes(23);
      await held().getByText(/已晚 \d+ 分钟/).waitFor();
      await fits(gate, "somebody who is late");
    });

    test("without network what was known last stays, with its age, and only for the guard", async () => {
      await gate.waitForFunction(() => navigator.serviceWorker.controller !== null);
      await gate.context().setOffline(true);
      await gate.getByText(/^截至 \d\d:\d\d 的情况/).waitFor();
      await gate.getByText(/请电话联系/).waitFor();
      await held().getByText(/已晚 \d+ 分钟/).waitFor();
      await fits(gate, "the list without network");
      await gate.reload();
      await unlockGate(gate);
      await gate.getByRole("button", { name: /暂留 1 人/ }).click();
      await held().waitFor();
      await gate.getByRole("link", { name: CALL }).first().waitFor();
      await back();
      await gate.context().setOffline(false);
      await nudge(gate);
      await gate.getByText("已联网").waitFor();
    });

    test("who arrived is there, and how it ended is told", async () => {
      await alert().getByRole("button", { name: "已到场" }).click();
      await gate.getByRole("button", { name: /暂留 1 人/ }).click();
      await held().getByText(/\d\d:\d\d 已到场/).waitFor();
      await alert().getByRole("button", { name: "办结" }).click();
      await doctor.getByRole("dialog", { name: "处置结果" }).getByRole("button", { name: /居家隔离/ }).click();
      await held().getByText("已送回家隔离。").waitFor();
      await fits(gate, "somebody who was seen to");
      await back();
      await gate.getByRole("button", { name: /暂留/ }).waitFor({ state: "detached" });
    });

    test("an inspector shows a specimen to a gate without network: scanned, counted once, told at the end", async () => {
      const inspector = await openPage(world.browser, { viewport: SMALL });
      await openConsole(inspector, own, "subdistrict_officer", "gates", "卡口");
      await inspector.getByRole("link", { name: /金地朗悦花园 · 东门/ }).click();
      const made = inspector.waitForResponse((one) => one.url().endsWith("/specimen-passes"));
      await inspector.getByRole("button", { name: "开始暗访" }).click();
      const { qr } = await (await made).json();
      const specimen = inspector.getByRole("dialog", { name: /^暗访：/ });
      await specimen.getByRole("img", { name: "样张的二维码" }).waitFor();
      await fits(inspector, "a specimen at 360 pixels");

      await gate.context().setOffline(true);
      await gate.getByText(/^离线/).first().waitFor();
      await wedge(gate, qr);
      await gate.getByRole("alertdialog").getByText(/样张/).waitFor();
      await assertAccessible(gate, "a specimen without network");
      // Tried again, it is the same scan.
      await gate.getByRole("button", { name: "再试一次" }).click();
      await gate.getByRole("alertdialog").getByText(/样张/).waitFor();
      await gate.getByRole("button", { name: "下一位" }).click();
      await gate.getByText(/^待上传 [12]$/).waitFor();
      await gate.context().setOffline(false);
      await nudge(gate);
      await gate.getByText(/^待上传/).waitFor({ state: "detached" });
      await specimen.getByText("已扫到样张").waitFor();

      await specimen.getByRole("button", { name: "结束暗访" }).click();
      const how = inspector.getByRole("dialog", { name: "值守人员怎么做的？" });
      await fits(inspector, "ending an inspection");
      await how.getByRole("button", { name: /^拦下/ }).click();
      const line = inspector.locator(".inspections li").first();
      await line.getByText("拦下").waitFor();
      await line.getByText(/扫到样张/).waitFor();
      await fits(inspector, "the inspections at 360 pixels");
      await inspector.setViewportSize({ width: 1440, height: 900 });
      await fits(inspector, "the inspections on a desktop");
      await closePage(inspector);

      await gate.getByRole("button", { name: "更多" }).click();
      await gate.getByRole("button", { name: "本卡口今天" }).click();
      await gate.getByText("拦下，做得对").waitFor();
      const rows = (await gate.locator(".board .rows").innerText()).replace(/\s+/g, " ");
      assert.match(rows, /扫到暗访样张 1( |$)/);
      await fits(gate, "the gate's page with an inspection");
    });
  });
}
