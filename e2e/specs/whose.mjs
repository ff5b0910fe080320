/** Whose a reading is when two people stand at the gate: the next one's never lets the feverish one in. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, openPage } from "../lib/browser.mjs";
import { fits } from "../lib/console.mjs";
import { residentNumber } from "../lib/district.mjs";
import { enrolDevice, guardOn } from "../lib/guard.mjs";
import { answered, goOnDuty, wedge } from "./gate.mjs";

const REFUSED = "体温没有记下";

export function whoseSpecs(world) {
  describe("two people at the gate and one thermometer", () => {
    const numbers = Object.fromEntries(
      ["first", "second", "red", "yellow", "mother", "child"].map((who, i) => [who, residentNumber(861 + i)]),
    );
    const names = { first: "甘露", second: "简宁", red: "鲁毅", yellow: "柏青", mother: "尤兰", child: "尤小宝" };
    const stranger = residentNumber(869);
    let page;
    let guard;
    before(async () => {
      const { district } = world;
      for (const [who, number] of Object.entries(numbers)) {
        await district.enrol(names[who], number);
        if (!["red", "yellow"].includes(who)) await district.verify(number);
      }
      await district.quarantine(numbers.red);
      page = await openPage(world.browser, { viewport: { width: 360, height: 640 } });
      guard = guardOn(page, world);
      await enrolDevice(page, world, await district.deviceCode("八号机"));
      await goOnDuty(page, district.accounts.gate_guard);
    });
    after(() => closePage(page));

    const colourOf = (who) => world.district.colourOf(numbers[who]);
    const said = (text) => page.getByRole("alert").filter({ hasText: text }).waitFor();
    /** A reader reads the next person's code while somebody else is on the screen. */
    const showsToo = async (number) => {
      await wedge(page, number);
      await said("请先处理完眼前这一位");
    };
    const refused = async (celsius) => {
      await wedge(page, celsius);
      await said(REFUSED);
    };
    const measureAgain = async (celsius) => {
      await page.getByRole("button", { name: "复测体温" }).click();
      await page.locator("dialog[data-keypad]").waitFor();
      await wedge(page, celsius);
      await page.locator(".measured, .reading", { hasText: `${celsius}℃` }).waitFor();
    };

    test("the next one's normal temperature does not let the feverish one in", async () => {
      await wedge(page, numbers.first);
      await answered(page, "pass");
      // Nobody has to touch anything for the first reading.
      await wedge(page, "38.1");
      await answered(page, "stop");
      await page.getByRole("heading", { name: names.first }).waitFor();
      await showsToo(numbers.second);
      await refused("36.5");
      await fits(page, "a reading that may be of the next person");
      await answered(page, "stop");
      await page.locator(".measured", { hasText: "38.1℃" }).waitFor();
      assert.equal(await colourOf("first"), "red", "the fever stands");
      await guard.next();
      await wedge(page, numbers.second);
      await answered(page, "pass");
      await page.getByRole("heading", { name: names.second }).waitFor();
      assert.equal(await page.locator(".measured").count(), 0);
      await wedge(page, "36.5");
      await page.locator(".measured", { hasText: "36.5℃" }).waitFor();
      await guard.next();
      assert.equal(await colourOf("first"), "red");
      assert.equal(await colourOf("second"), "green");
    });

    test("after a fever no reading counts that nobody asked for, normal or not; the one asked for does", async () => {
      await wedge(page, numbers.second);
      await answered(page, "pass");
      await wedge(page, "37.9");
      await answered(page, "stop");
      for (const celsius of ["36.6", "38.8"]) {
        await refused(celsius);
        await page.locator(".measured", { hasText: "37.9℃" }).waitFor();
      }
      // Asked for and called off again: not asked for.
      await page.getByRole("button", { name: "复测体温" }).click();
      await page.locator("dialog[data-keypad]").getByRole("button", { name: "取消" }).click();
      await refused("36.6");
      // Another code while the sheet is open: nobody knows any more whose the next reading is.
      await page.getByRole("button", { name: "复测体温" }).click();
      await page.locator("dialog[data-keypad]").waitFor();
      await showsToo(numbers.first);
      await refused("36.6");
      assert.equal(await colourOf("second"), "red");
      await measureAgain("36.6");
      await answered(page, "pass");
      assert.equal(await colourOf("second"), "green", "one fever and a normal reading that the guard asked for");
      await guard.next();
    });

    test("the next one's fever is not written to somebody red or yellow on the screen", async () => {
      await wedge(page, numbers.red);
      await answered(page, "stop");
      await showsToo(numbers.second);
      await refused("37.9");
      await page.getByRole("heading", { name: names.red }).waitFor();
      assert.equal(await page.locator(".measured").count(), 0);
      // Theirs, if the guard says so.
      await measureAgain("36.4");
      await guard.next();

      await wedge(page, numbers.yellow);
      await answered(page, "check");
      await showsToo(numbers.second);
      await refused("38.3");
      await answered(page, "check");
      await page.getByRole("button", { name: "开始核查" }).click();
      await refused("38.3");
      await assertAccessible(page, "a check with another person's reading");
      await measureAgainInCheck();
      await page.getByRole("button", { name: "返回", exact: true }).click();
      await page.getByRole("button", { name: "人已离开" }).click();
      assert.equal(await colourOf("yellow"), "yellow");
      assert.equal(await colourOf("red"), "red");
    });
    /** Of the one who is being checked: taken, and the check goes on. */
    const measureAgainInCheck = async () => {
      await page.getByRole("button", { name: "复测体温" }).click();
      await page.locator("dialog[data-keypad]").waitFor();
      await wedge(page, "36.5");
      await page.locator("dialog[data-keypad]").waitFor({ state: "detached" });
      await page.getByRole("button", { name: "复测体温" }).waitFor({ state: "detached" });
      await page.getByRole("heading", { name: "现场核查" }).waitFor();
    };

    test("a stranger's fever is not lifted by the next one's reading", async () => {
      await wedge(page, stranger);
      await page.getByRole("heading", { name: "没有判定" }).waitFor();
      await wedge(page, "38.4");
      const stop = page.getByRole("alertdialog", { name: "请拦停" });
      await stop.getByText("38.4℃").waitFor();
      await refused("36.5");
      await showsToo(numbers.first);
      await refused("36.5");
      await stop.getByText("38.4℃").waitFor();
      await fits(page, "a stranger's fever and the next person's reading");
      await measureAgain("38.6");
      await stop.waitFor();
    });

    test("a stranger with a fever is written down when the guard goes on, and that is said", async () => {
      const sent = page.waitForRequest((one) => one.url().endsWith("/device/register"));
      await guard.next();
      await said("已自动登记：拦停，38.6℃");
      await page.locator(".finder").waitFor();
      await fits(page, "a stranger's fever written down");
      const { entries } = (await sent).postDataJSON();
      const [entry] = entries.filter((one) => one.document_number === stranger);
      assert.deepEqual([entry.action, entry.temperature, entry.direction], ["stop", 38.6, "in"]);
      await guard.nothingWaits();

      // Nobody's code, and a fever: there is no number to write down.
      const other = page.waitForRequest((one) => one.url().endsWith("/device/register"));
      await wedge(page, "HTTPS://EXAMPLE.ORG/NOT-OURS-EITHER");
      await page.getByRole("heading", { name: "没有判定" }).waitFor();
      await wedge(page, "38.8");
      await page.getByRole("alertdialog", { name: "请拦停" }).waitFor();
      await guard.next();
      const [nobody] = (await other).postDataJSON().entries;
      assert.deepEqual([nobody.name, nobody.action, nobody.temperature], ["姓名不详", "stop", 38.8]);
      await guard.nothingWaits();
      assert.equal(await page.getByText(/条手工登记/).count(), 0, "the server took them");
      // Without a fever nothing is written.
      await wedge(page, stranger);
      await page.getByRole("heading", { name: "没有判定" }).waitFor();
      await guard.next();
      assert.equal(await page.getByText(/^待上传/).count(), 0);
    });

    test("a code over an unfinished entry is not taken, and a fever in it is not lost", async () => {
      await wedge(page, stranger);
      await page.getByRole("heading", { name: "没有判定" }).waitFor();
      await wedge(page, "38.8");
      await page.getByRole("alertdialog", { name: "请拦停" }).waitFor();
      await page.getByRole("button", { name: "手工登记" }).click();
      await page.getByLabel("姓名").fill("路人");
      await page.getByLabel("姓名").blur();
      await showsToo(numbers.second);
      assert.equal(await page.getByLabel("姓名").inputValue(), "路人");
      assert.equal(await page.getByLabel("证件号").inputValue(), stranger);
      await fits(page, "the next code over an unfinished entry");
      const sent = page.waitForRequest((one) => one.url().endsWith("/device/register"));
      await page.getByRole("button", { name: "返回扫码" }).click();
      await said("已自动登记：拦停，38.8℃");
      const [entry] = (await sent).postDataJSON().entries;
      assert.deepEqual([entry.name, entry.document_number, entry.action, entry.temperature], ["路人", stranger, "stop", 38.8]);
      await wedge(page, numbers.second);
      await answered(page, "pass");
      await guard.next();
    });

    test("in a group the child's reading does not let the mother in", async () => {
      await guard.menu("多人一起查");
      await wedge(page, numbers.mother);
      await page.locator(".group li").waitFor();
      await wedge(page, "38.3");
      await answered(page, "stop");
      await page.getByRole("heading", { name: names.mother }).waitFor();
      await showsToo(numbers.child);
      await refused("36.4");
      await answered(page, "stop");
      assert.equal(await colourOf("mother"), "red");
      await guard.next();
      await page.locator(".group .on-red").waitFor();
      await wedge(page, numbers.child);
      await page.getByText("已查 2 人").waitFor();
      await wedge(page, "36.4");
      // Read once more, she is as hot as she was, although no screen opens: the next reading is asked about.
      await wedge(page, numbers.mother);
      await page.waitForTimeout(1_500);
      await refused("36.4");
      await page.getByRole("heading", { name: names.mother }).waitFor();
      assert.equal(await colourOf("mother"), "red");
      await guard.next();
      await page.getByRole("button", { name: "结束", exact: true }).click();
      await page.getByRole("button", { name: "仍然结束" }).click();
    });
  });
}
