/** A gate whose devices type at the wrong moment: a thermometer after the scan, a reader into an open sheet. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { closePage, openPage } from "../lib/browser.mjs";
import { fits } from "../lib/console.mjs";
import { residentNumber } from "../lib/district.mjs";
import { answered, goOnDuty, wedge } from "./gate.mjs";

export function aloneSpecs(world) {
  describe("a gate whose devices type at the wrong moment", () => {
    const [green, second, third, fourth] = [831, 832, 833, 835].map((n) => residentNumber(n));
    const names = { green: "严冬梅", second: "傅长河", third: "戴小军", fourth: "邵建华" };
    let page;
    let token;
    before(async () => {
      const { district } = world;
      for (const [key, number] of Object.entries({ green, second })) {
        await district.enrol(names[key], number);
        await district.verify(number);
      }
      await district.enrol(names.third, third);
      const { holder_token } = await district.enrol(names.fourth, fourth);
      await fetch(`${world.server.publicUrl}/api/v1/pass/photo`, {
        method: "PUT",
        headers: { "content-type": "image/png", authorization: `Bearer ${holder_token}` },
        body: world.portrait,
      });
      page = await openPage(world.browser, { viewport: { width: 360, height: 740 } });
      await page.goto(`${world.server.staffUrl}/gate/#code=${await district.deviceCode("五号机")}`);
      await page.locator("form button.primary").click();
      await page.locator("#username").waitFor();
      await goOnDuty(page, district.accounts.gate_guard);
      token = await page.evaluate(() => localStorage.getItem("gridpass.device_token"));
    });
    after(() => closePage(page));

    const next = () => page.getByRole("button", { name: "下一位" }).click();
    const today = async () => (await world.district.asDevice("device/board", token)).day;

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

    /** As a reader types that is set to another keyboard: full-width, too. */
    const types = (text) =>
      page.evaluate((line) => {
        for (const key of [...line, "Enter"]) {
          const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
          (document.activeElement ?? document.body).dispatchEvent(event);
        }
      }, text);

    test("a number with spaces, hyphens or full-width digits is a number", async () => {
      const [division, birth, rest] = [green.slice(0, 6), green.slice(6, 14), green.slice(14)];
      const wide = green.replaceAll(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));
      for (const text of [`${division} ${birth} ${rest}`, `${division}-${birth}-${rest}`, wide]) {
        await types(text);
        await answered(page, "pass");
        await page.getByRole("heading", { name: names.green }).waitFor();
        await next();
      }
    });

    test("a number nobody has and a reading of nobody alive are said as what they are", async () => {
      const last = green.at(-1) === "0" ? "1" : "0";
      await wedge(page, green.slice(0, 17) + last);
      await page.getByRole("alert").filter({ hasText: "号码不对，请核对" }).waitFor();
      await fits(page, "a wrong number from a reader");
      assert.equal(await page.getByRole("alertdialog").count(), 0, "nothing was asked");
      await wedge(page, "29.8");
      await page.getByRole("alert").filter({ hasText: "请核对读数（34–43℃）" }).waitFor();
      await page.getByRole("button", { name: "体温" }).getByText("未测").waitFor();
      // Fifteen digits go to the server, which knows best what is wrong with them.
      await wedge(page, "440399800101001");
      await page.getByRole("heading", { name: "没有判定" }).waitFor();
      const shown = await page.locator(".decision").innerText();
      assert.ok(!shown.includes("部分字段"), shown);
      await next();
    });

    test("a device that types into the wrong keypad is understood all the same", async () => {
      // Not the one who had a fever before: what withdraws a fever is the server's business.
      const paper = await world.district.paperPass(green);
      const open = async (...names) => {
        for (const name of names) await page.getByRole(name === "通行证序号" ? "radio" : "button", { name }).click();
        await page.getByRole("dialog").waitFor();
      };
      // A thermometer's digits are no serial.
      await open("证件号", "通行证序号");
      await wedge(page, "36.7");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.getByRole("button", { name: /36\.7℃/ }).waitFor();
      assert.equal(await page.getByRole("alertdialog").count(), 0);
      // The digits of a code are no temperature.
      await open("体温");
      await wedge(page, paper);
      await answered(page, "pass");
      await page.getByRole("heading", { name: names.green }).waitFor();
      await page.locator(".measured", { hasText: "36.7℃" }).waitFor();
      await next();
      // In a menu nothing is typed by hand; Enter would press its button.
      await open("更多");
      await wedge(page, green);
      await answered(page, "pass");
      await page.getByRole("heading", { name: names.green }).waitFor();
      assert.equal(await page.getByRole("dialog").count(), 0);
      await next();
      // Another reading, typed by the thermometer into the sheet for it.
      await wedge(page, "37.8");
      await wedge(page, green);
      await answered(page, "stop");
      await page.getByRole("button", { name: "复测体温" }).click();
      await page.getByRole("dialog").waitFor();
      await wedge(page, "36.5");
      await page.locator(".measured", { hasText: "36.5℃" }).waitFor();
      await page.getByRole("heading", { name: names.green }).waitFor();
      await next();
    });

    test("the reading of somebody nobody knows is theirs, and never the next one's", async () => {
      const stranger = residentNumber(834);
      await wedge(page, stranger);
      await page.getByRole("heading", { name: "没有判定" }).waitFor();
      await wedge(page, "38.4");
      await page.getByRole("alertdialog", { name: "请拦停" }).getByText("38.4℃").waitFor();
      await fits(page, "a fever of somebody nobody knows");
      // Somebody hot waits for the guard's hand like anybody who is stopped.
      await wedge(page, second);
      await page.getByRole("alert").filter({ hasText: "请先处理完眼前这一位" }).waitFor();
      await next();
      await wedge(page, stranger);
      await page.getByRole("heading", { name: "没有判定" }).waitFor();
      await wedge(page, "36.5");
      await page.getByRole("alertdialog", { name: "没有判定" }).getByText("36.5℃").waitFor();
      // The next code is read without a tap in between.
      await wedge(page, second);
      await page.locator("[data-action]").waitFor();
      await page.getByRole("heading", { name: names.second }).waitFor();
      assert.equal(await page.locator(".measured").count(), 0, "it was nobody else's");
      await next();
      // Measured before the number was read: the same.
      await wedge(page, "38.6");
      await wedge(page, stranger);
      await page.getByRole("alertdialog", { name: "请拦停" }).getByText("38.6℃").waitFor();
      await next();
      await wedge(page, second);
      await page.getByRole("heading", { name: names.second }).waitFor();
      assert.equal(await page.locator(".measured").count(), 0);
      await next();
      // It goes into the register with them.
      await wedge(page, stranger);
      await page.getByRole("heading", { name: "没有判定" }).waitFor();
      await wedge(page, "38.5");
      await page.getByRole("button", { name: "手工登记" }).click();
      await page.getByText(/体温 38\.5℃/).waitFor();
      assert.equal(await page.getByLabel("证件号").inputValue(), stranger);
      await page.getByLabel("姓名").fill("过路人");
      assert.ok(await page.getByRole("button", { name: "登记放行" }).isDisabled(), "nobody with a fever is let in");
      await fits(page, "writing down somebody with a fever");
      const sent = page.waitForRequest((one) => one.url().endsWith("/device/register") && one.postData().includes("过路人"));
      await page.getByRole("button", { name: "登记暂留" }).click();
      await page.getByText("已登记 过路人，暂留。").waitFor();
      await page.getByRole("button", { name: "返回扫码" }).click();
      await page.evaluate(() => dispatchEvent(new Event("online")));
      const [entry] = (await sent).postDataJSON().entries.filter((one) => one.name === "过路人");
      assert.deepEqual([entry.name, entry.action, entry.temperature], ["过路人", "stop", 38.5]);
      await page.getByRole("button", { name: "体温" }).getByText("未测").waitFor();
    });

    test("in a group a reading is of whom was scanned last, also again, and of a stranger never a member's", async () => {
      await page.getByRole("button", { name: "更多" }).click();
      await page.getByRole("button", { name: "多人一起查" }).click();
      for (const [at, number] of [green, third].entries()) {
        await wedge(page, number);
        await page.locator(".group li").nth(at).waitFor();
      }
      await wedge(page, residentNumber(834));
      await page.getByRole("heading", { name: "没有判定" }).waitFor();
      await wedge(page, "38.4");
      await page.getByRole("alertdialog", { name: "请拦停" }).getByText("38.4℃").waitFor();
      await next();
      await page.locator(".group").waitFor();
      assert.equal(await page.locator(".group .on-red").count(), 0, "no member is stopped by it");
      // The first again: the reading is theirs, not of the last on the list.
      await wedge(page, green);
      await page.waitForTimeout(1_500);
      await wedge(page, "37.9");
      await answered(page, "stop");
      await page.getByRole("heading", { name: names.green }).waitFor();
      await next();
      await page.getByRole("button", { name: "结束", exact: true }).click();
      await page.getByRole("button", { name: "仍然结束" }).click();
    });

    test("somebody still before the guard is seen to first, and that is said", async () => {
      await wedge(page, third);
      await answered(page, "check");
      await wedge(page, green);
      await page.getByRole("alert").filter({ hasText: "请先处理完眼前这一位" }).waitFor();
      await fits(page, "the next code too early");
      await page.getByRole("heading", { name: names.third }).waitFor();
      await page.getByRole("button", { name: "开始核查" }).click();
      await wedge(page, green);
      await page.getByRole("alert").filter({ hasText: "请先处理完眼前这一位" }).waitFor();
      await page.getByRole("radio", { name: "没到过" }).click();
      await page.getByRole("checkbox").check();
      await page.getByRole("button", { name: /通过，放行/ }).click();
      await answered(page, "pass");
      await next();
      assert.equal((await page.locator(".toast").innerText()).trim(), "");
    });

    test("somebody yellow who turns away leaves without a verdict", async () => {
      const checks = [];
      page.on("request", (one) => one.url().endsWith("/gate-checks") && checks.push(one.url()));
      await wedge(page, fourth);
      await answered(page, "check");
      // A photo that the holder gave proves less than the document.
      await page.getByRole("img", { name: "持证人照片" }).waitFor();
      await page.getByText("照片由本人上传，请对照证件").waitFor();
      await fits(page, "somebody to check who may leave");
      await page.getByRole("button", { name: "人已离开" }).click();
      await page.getByRole("radiogroup", { name: "方向" }).waitFor();
      await wedge(page, green);
      await page.getByRole("heading", { name: names.green }).waitFor();
      await next();
      assert.deepEqual(checks, [], "nothing was said of them");
    });

    test("on every page a pass leads back to the scan page, and a reading goes with what is written down", async () => {
      const menu = async (what) => {
        await page.getByRole("button", { name: "更多" }).click();
        await page.getByRole("button", { name: what }).click();
      };
      for (const what of ["本卡口今天", "显示卡口码", "暂留人员", "手工登记", "交班"]) {
        await menu(what);
        await page.getByRole("heading", { level: 1 }).first().waitFor();
        await wedge(page, second);
        await page.locator("[data-action]").waitFor();
        await page.getByRole("heading", { name: names.second }).waitFor();
        await next();
      }
      await menu("手工登记");
      await page.getByLabel("姓名").fill("何国庆");
      await page.getByLabel("姓名").blur();
      await wedge(page, "36.4");
      await page.getByText("体温 36.4℃，一并登记").waitFor();
      assert.equal(await page.getByLabel("姓名").inputValue(), "何国庆");
      await fits(page, "the register with a reading");
      await page.getByRole("button", { name: "返回扫码" }).click();
    });
  });
}
