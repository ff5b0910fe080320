/** Work at doors: a grid worker's shift with the network cut and the server killed, and a lead's. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, openPage, until } from "../lib/browser.mjs";
import { fits } from "../lib/console.mjs";
import { residentNumber } from "../lib/district.mjs";
import { openField, setPin, signInField, unlock } from "../lib/field.mjs";
import { assertLight } from "../lib/slow.mjs";

/** The card of a door on the list. */
const card = (page, room) => page.locator("a.stop", { hasText: room });
const person = (page, name) => page.getByRole("region", { name, exact: true });
const back = (page) => page.getByRole("heading", { level: 1, name: "今日上门" }).waitFor();

export function fieldSpecs(world) {
  describe("the field app on a slow phone", () => {
    test("weighs little, and starts again without a network", (t) =>
      assertLight(t, world.browser, `${world.server.staffUrl}/field/`, "#username"));
  });

  describe("a grid worker's shift", () => {
    let page;
    before(async () => {
      const at = (address, name, n, birth) => world.district.enterAt(address, name, residentNumber(n, birth));
      await at("8栋1单元1504", "周建国", 801, "19580312");
      const { now } = await (await fetch(`${world.server.staffUrl}/api/v1/time`)).json();
      const stay = { kind: "stay", area: "4201", risk: "high", until: now.slice(0, 10), certainty: "declared", source: "x" };
      await world.district.record(residentNumber(801, "19580312"), stay);
      await at("8栋1单元1504", "吴桂芳", 802, "19600725");
      await at("8栋1单元302", "郑小雨", 803, "19910101");
      await at("9栋201", "冯大伟", 804, "19850606");
      await at("9栋203", "陈思思", 805, "19930909");
      page = await openPage(world.browser);
    });
    after(() => closePage(page));

    test("begins with signing in and a PIN for the phone", async () => {
      await signInField(page, world, "grid_worker");
      await page.getByRole("heading", { name: "设置本机口令" }).waitFor();
      await fits(page, "setting the PIN");
      await page.getByLabel("6 位数字口令").fill("123456");
      await page.getByLabel("再输一次").fill("123457");
      await page.getByRole("button", { name: "设置并开始" }).click();
      await page.getByRole("alert").filter({ hasText: "不一致" }).waitFor();
      await setPin(page);
      await card(page, "1-1504").waitFor();
      const kept = await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }));
      assert.doesNotMatch(kept, /gps1\./, "no token lies in the clear");
    });

    test("shows doors in the order one walks them, found by room, as a list and as buildings", async () => {
      await fits(page, "the list of doors");
      const rooms = await page.locator(".stop-room strong").allInnerTexts();
      const ours = rooms.filter((room) => ["1-302", "1-1504", "201", "203"].includes(room));
      assert.deepEqual(ours, ["1-302", "1-1504", "201", "203"], "the third floor before the fifteenth");
      assert.match(await card(page, "1-1504").innerText(), /周建国、吴桂芳/, "a household is one stop");
      await page.getByLabel("按房号或楼栋查找").fill("1504");
      await card(page, "1-302").waitFor({ state: "detached" });
      await page.getByLabel("按房号或楼栋查找").fill("");
      await page.getByRole("button", { name: "楼栋图" }).click();
      await page.getByRole("link", { name: /^1-1504，/ }).waitFor();
      await fits(page, "the buildings");
      await page.getByRole("button", { name: "楼栋图" }).click();
    });

    test("verifies a household in one save", async () => {
      await card(page, "1-1504").click();
      await page.getByRole("button", { name: "全家 2 人：已核已入住" }).click();
      const wu = person(page, "吴桂芳");
      const zhou = person(page, "周建国");
      await zhou.getByRole("button", { name: "旅居、健康、需要、地址、备注" }).click();
      await zhou.getByRole("group", { name: "近 14 天到过疫区吗？" }).getByRole("button", { name: "没有", exact: true }).click();
      await wu.getByRole("button", { name: "旅居、健康、需要、地址、备注" }).click();
      await wu.getByRole("group", { name: "身体怎么样？" }).getByRole("button", { name: "有不适", exact: true }).click();
      await page.getByRole("button", { name: "保存（2 人）" }).click();
      await page.getByRole("alert").filter({ hasText: "请选择症状或填写体温" }).waitFor();
      await wu.getByRole("group", { name: "身体怎么样？" }).getByRole("button", { name: "没有不适", exact: true }).click();
      await wu.getByRole("group", { name: "缺什么" }).getByRole("button", { name: "药品" }).click();
      await fits(page, "a door filled in");
      await page.getByRole("button", { name: "保存（2 人）" }).click();
      await back(page);
      await card(page, "1-1504").filter({ hasText: "需要药品" }).waitFor();
      // He had declared a stay; asked at the door, he had not been there.
      assert.equal(await world.district.colourOf(residentNumber(801, "19580312")), "green");
    });

    test("works on without network, keeps drafts over a reload, and loses nothing", { skip: !world.stoppable }, async () => {
      await until(page, () => navigator.serviceWorker.controller !== null);
      await page.context().setOffline(true);
      await card(page, "1-302").click();
      await person(page, "郑小雨").getByRole("button", { name: "已核已入住", exact: true }).click();
      const more = person(page, "郑小雨").getByRole("button", { name: "旅居、健康、需要、地址、备注" });
      await more.click();
      await page.getByLabel("更正门牌").fill("8栋1单元303");
      await page.waitForTimeout(300);
      // The system throws the page away; the PIN brings it back where it was, without network.
      await page.reload();
      await unlock(page);
      await page.getByRole("heading", { level: 1, name: /8栋1单元302/ }).waitFor();
      assert.equal(await page.getByLabel("更正门牌").inputValue(), "8栋1单元303", "the draft is there");
      assert.equal(
        await person(page, "郑小雨").getByRole("button", { name: "已核已入住", exact: true }).getAttribute("aria-pressed"),
        "true",
      );
      await page.getByRole("button", { name: "保存（1 人）" }).click();
      await back(page);
      await page.getByText("离线，照常工作").waitFor();
      await page.getByText("待上传 1 条").waitFor();
      await card(page, "1-302").filter({ hasText: "待上传" }).waitFor();
      await fits(page, "the list without network");

      await card(page, "203").click();
      await page.getByRole("button", { name: "无人在家" }).click();
      await page.getByRole("button", { name: "上班未归" }).click();
      await page.getByRole("button", { name: "明晚 7 点" }).click();
      await fits(page, "nobody at home");
      await page.getByRole("button", { name: "保存，改约再来" }).click();
      await back(page);

      await card(page, "201").click();
      await page.getByRole("button", { name: "登记新住户" }).click();
      await page.getByLabel("姓名").fill("冯小满");
      await page.getByLabel("证件号码").fill("440399201501010010");
      await page.getByRole("button", { name: "保存新住户" }).click();
      await page.getByRole("alert").filter({ hasText: "号码校验不通过" }).waitFor();
      await page.getByLabel("证件号码").fill(residentNumber(806, "20150101"));
      await page.locator("input[type=file]").setInputFiles({ name: "face.png", mimeType: "image/png", buffer: world.portrait });
      await page.getByText("已拍照").waitFor();
      await fits(page, "a newcomer");
      await page.getByRole("button", { name: "保存新住户" }).click();
      await page.getByText("待上传 3 条").waitFor();
    });

    test("sends everything once when server and network are back, and shows a conflict field by field", { skip: !world.stoppable }, async () => {
      // A colleague corrects the same address meanwhile.
      await world.district.correctAddress(residentNumber(803, "19910101"), "8栋1单元305");
      await world.server.stop();
      await page.context().setOffline(false);
      await page.getByRole("link", { name: "我的" }).click();
      await page.getByRole("button", { name: "退出", exact: true }).click();
      await page.getByRole("alert").filter({ hasText: "还有 3 条记录没有上传" }).waitFor();
      await page.getByRole("button", { name: "仍要退出" }).waitFor();
      await page.getByRole("button", { name: "立即上传" }).click();
      await page.getByRole("region", { name: "待上传" }).waitFor();
      await world.server.start();
      // By hand, or by itself: the app may have found the server first, and then there is no button any more.
      const sent = page.getByRole("link", { name: "1 条需要您处理" });
      const byHand = page.getByRole("button", { name: "立即上传" });
      await byHand.click({ timeout: 5_000 }).catch(() => sent.waitFor());
      await sent.click();
      const conflict = page.getByRole("region", { name: "郑小雨：有人先改过" });
      await conflict.getByText("8栋1单元303").waitFor();
      await conflict.getByText("8栋1单元305").waitFor();
      await conflict.getByText("六联社区书记", { exact: false }).waitFor();
      await fits(page, "a conflict");
      assert.ok(await conflict.getByRole("button", { name: "按所选提交" }).isDisabled(), "nothing is decided by itself");
      await conflict.getByRole("radio", { name: /8栋1单元305/ }).check();
      await conflict.getByRole("button", { name: "按所选提交" }).click();
      await page.getByText("没有需要处理的记录").waitFor();
      // Nothing waits any more: nothing is asked about it.
      await page.locator("a.back").click();
      await page.getByRole("button", { name: "退出", exact: true }).waitFor();
      assert.equal(await page.getByText(/条记录没有上传/).count(), 0);
      await page.getByRole("link", { name: "今日上门" }).first().click();
      await card(page, "1-302").waitFor({ state: "detached" });
      await page.getByText("已同步").waitFor();
      assert.equal(await world.district.colourOf(residentNumber(803, "19910101")), "green");
      assert.equal(await world.district.colourOf(residentNumber(806, "20150101")), "green", "the newcomer is in, and verified");
      await card(page, "203").filter({ hasText: "再来" }).waitFor();
      await card(page, "203").filter({ hasText: "已跑 1 次" }).waitFor();
    });

    test("shows a paper pass, speaks English, and locks", async () => {
      await card(page, "201").click();
      await person(page, "冯大伟").getByRole("button", { name: "纸质通行证" }).click();
      await page.getByRole("img", { name: "通行证二维码" }).waitFor();
      await fits(page, "a paper pass");
      await page.getByRole("button", { name: "关闭" }).click();
      await page.getByRole("link", { name: "我的" }).click();
      await page.getByRole("button", { name: "English" }).click();
      await fits(page, "oneself in English");
      await page.getByRole("link", { name: "Today" }).click();
      await page.getByRole("heading", { level: 1, name: "Today's doors" }).waitFor();
      await fits(page, "the list in English");
      await page.getByRole("link", { name: "Me", exact: true }).click();
      await page.getByRole("button", { name: "Lock" }).click();
      await page.getByLabel("PIN, six digits").fill("000000");
      await page.getByRole("button", { name: "Unlock", exact: true }).click();
      await page.getByRole("alert").filter({ hasText: "not the PIN" }).waitFor();
      await assertAccessible(page, "the locked phone");
    });
  });

  describe("a lead's shift", () => {
    let page;
    let worker;
    before(async () => {
      await world.district.enterAt("6栋101", "蒋文", residentNumber(811, "19770707"));
      await world.district.enterAt("6栋102", "沈悦", residentNumber(812, "19780808"));
      page = await openField(world, "community_lead");
    });
    after(async () => {
      await closePage(page);
      if (worker) await closePage(worker);
    });

    test("sees what nobody has, and gives it to somebody", async () => {
      await page.getByRole("heading", { level: 1, name: "调度" }).waitFor();
      const stop = (door) => page.locator("label.lead-stop", { hasText: door });
      await stop("6栋101").getByRole("checkbox").check();
      await stop("6栋102").getByRole("checkbox").check();
      await fits(page, "the lead's page");
      await page.getByRole("button", { name: "分派所选 2 户" }).click();
      await fits(page, "choosing a colleague");
      await page.getByRole("button", { name: /网格员小陈/ }).click();
      await page.getByText("已分派 2 项").waitFor();
      await stop("6栋101").waitFor({ state: "detached" });
      await page.getByRole("button", { name: /全部待办/ }).click();
      await stop("6栋101").filter({ hasText: "负责人：网格员小陈" }).waitFor();
    });

    test("hands an absent worker's list over, also after the server was killed", { skip: !world.stoppable }, async () => {
      await world.server.stop();
      await world.server.start();
      await page.locator(".worker", { hasText: "网格员小陈" }).getByRole("button", { name: "移交" }).click();
      await page.getByRole("button", { name: /六联社区书记/ }).click();
      await fits(page, "handing over");
      await page.getByRole("dialog").getByRole("button", { name: "移交", exact: true }).click();
      await page.getByText(/已移交 [1-9]\d* 项/).waitFor();
      await page.locator("label.lead-stop", { hasText: "6栋102" }).filter({ hasText: "负责人：六联社区书记" }).waitFor();
      await page.getByRole("link", { name: "今日上门" }).click();
      await card(page, "102").waitFor();
    });
  });
}
