/** Scanning the code that a gate shows: with the phone's camera app, and with the pass itself. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { assertAccessible, closePage, openBrowser, openPage } from "../lib/browser.mjs";
import { residentNumber } from "../lib/district.mjs";
import { greyOf, video } from "./camera.mjs";
import { openGate } from "./gate.mjs";
import { applyAs, nextPhone } from "./resident.mjs";

export function placeSpecs(world) {
  describe("a gate's code", () => {
    test("opens the right page at once, with a pass and without", async () => {
      const page = await openPage(world.browser);
      const { address } = await world.district.gateCode();
      assert.ok(address?.startsWith(`${world.server.publicUrl}/#g=GPG1%3A`), address);
      await page.goto(address);
      await page.getByRole("heading", { level: 1, name: "领取电子通行证" }).waitFor();
      await page.goto("about:blank");
      await applyAs(page, world.server, { name: "何平安", number: residentNumber(891), phone: nextPhone() });
      await page.goto("about:blank");
      await page.goto((await world.district.gateCode()).address);
      await page.getByRole("heading", { name: "在此卡口登记" }).waitFor();
      assert.equal(new URL(page.url()).hash, "", "the code does not stay in the address bar");
      await assertAccessible(page, "the question at a gate");
      // The page is built anew when the server has answered, and goes on asking.
      await page.getByText("数据刚刚更新").waitFor();
      await page.getByRole("button", { name: "大字版" }).click();
      await page.getByRole("button", { name: "标准版" }).click();
      await page.getByRole("button", { name: "进", exact: true }).click();
      const result = page.locator(".gate.on-yellow");
      await result.waitFor();
      assert.match(await result.innerText(), /已登记，请配合核查[\s\S]*何平安 \d\d:\d\d[\s\S]*请给值守人员看/);
      await assertAccessible(page, "the answer to show to the guard");
      // The pass is open already: the same question, and a damaged address is none.
      await page.evaluate((text) => location.assign(text), (await world.district.gateCode()).address);
      await page.locator(".gate").getByRole("heading", { name: "在此卡口登记" }).waitFor();
      assert.equal(new URL(page.url()).hash, "");
      await page.goto("about:blank");
      await page.goto(`${world.server.publicUrl}/#g=%E0%A4%A`);
      await page.getByRole("heading", { level: 1 }).filter({ hasText: "黄证" }).waitFor();
      await closePage(page);
    });

    test("is read by a phone whose browser reads no codes", async () => {
      const folder = await mkdtemp(join(tmpdir(), "gridpass-place-"));
      const file = join(folder, "gate.y4m");
      const browser = await openBrowser([
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        `--use-file-for-fake-video-capture=${file}`,
      ]);
      try {
        const page = await openPage(browser, { permissions: ["camera"] });
        await applyAs(page, world.server, { name: "罗小燕", number: residentNumber(892), phone: nextPhone() });
        assert.equal(await page.evaluate(() => "BarcodeDetector" in globalThis), false);
        const gate = await openPage(world.browser, { deviceScaleFactor: 2 });
        await openGate(gate, world);
        await gate.getByRole("button", { name: "更多" }).click();
        await gate.getByRole("button", { name: "显示卡口码" }).click();
        const code = gate.getByRole("img", { name: "卡口码" });
        await code.waitFor();
        const blank = await openPage(world.browser);
        await writeFile(file, video(await greyOf(blank, await code.screenshot())));
        await page.getByRole("button", { name: "扫卡口码" }).click();
        await page.getByRole("heading", { name: "在此卡口登记" }).waitFor();
        await page.getByRole("button", { name: "出", exact: true }).click();
        await page.locator(".gate.on-yellow, .gate.on-red, .gate.on-green").waitFor();
        for (const one of [blank, gate, page]) await closePage(one);
      } finally {
        await browser.close();
        await rm(folder, { recursive: true, force: true });
      }
    });

    test("says what to do when the camera is not allowed", async () => {
      const page = await openPage(world.browser);
      await applyAs(page, world.server, { name: "罗小凤", number: residentNumber(893), phone: nextPhone() });
      await page.getByRole("button", { name: "扫卡口码" }).click();
      await page.getByRole("alert").filter({ hasText: "没有摄像头权限，请在手机设置里允许，或请值守人员扫您的码" }).waitFor();
      await assertAccessible(page, "a pass without a camera");
      await closePage(page);
    });
  });
}
