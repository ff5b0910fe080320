/**
 * Doors beyond the list of today: another door, somebody without a home on record, a dormitory, whoever
 * is held at a gate; and an evening in a basement in which the session runs out.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { closePage, openPage, until } from "../lib/browser.mjs";
import { fits } from "../lib/console.mjs";
import { enterDistrict, residentNumber } from "../lib/district.mjs";
import { openField, openTab, setClock, unlock } from "../lib/field.mjs";
import { startServer } from "../lib/server.mjs";

const START = "2020-03-06T17:30:00+08:00";
/** After the next try that was agreed on, and long after the session has run out. */
const EVENING = "2020-03-06T20:30:00+08:00";
const ENCLOSURE = "金地朗悦花园";

const card = (page, text) => page.locator("a.stop", { hasText: text });
const person = (page, name) => page.getByRole("region", { name, exact: true });
const verified = (page, name) => person(page, name).getByRole("button", { name: "已核已入住", exact: true });
const back = (page) => page.getByRole("heading", { level: 1, name: "今日上门" }).waitFor();
const door = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();

export function doorSpecs(world) {
  describe("doors beyond the list", { skip: !world.stoppable && "needs a server of its own" }, () => {
    const own = { browser: world.browser };
    let page;
    const numbers = {
      gone: residentNumber(821, "19710101"),
      mate: residentNumber(822, "19720202"),
      phone: residentNumber(823, "19930303"),
      held: residentNumber(824, "19940404"),
      ordered: residentNumber(825, "19950505"),
      first: residentNumber(826, "19660606"),
      second: residentNumber(827, "19670707"),
      away: residentNumber(828, "19680808"),
    };
    const dormitory = [..."赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施"].map((surname, i) => ({
      name: `${surname}工友`,
      number: residentNumber(840 + i, "19900115"),
    }));
    const lead = (path, options) => own.district.as("community_lead")(path, options);
    const idOf = async (number) =>
      (await lead("people/search", { body: { document_type: "resident_id", document_number: number } })).person_id;
    /** Somebody at a door where nothing is open. */
    const settled = async (address, name, number) => {
      const { person_id } = await own.district.enterAt(address, name, number);
      const people = [{ person_id, outcome: "verified_moved_in", seen: {} }];
      const { now } = await own.district.time();
      // The fact about the residence is there already: what the lead has seen is told anew.
      const first = await lead("calls", { body: { call_id: person_id % 1e9, called_at: now, people } });
      if (first.results[0].status === "saved") return;
      people[0].seen = first.results[0].seen;
      const { results } = await lead("calls", { body: { call_id: person_id % 1e9, called_at: now, people } });
      assert.equal(results[0].status, "saved");
    };
    /** Wherever the test before ended. */
    const start = () => page.evaluate(() => (location.hash = "#stops"));
    const openOther = async () => {
      await start();
      await page.getByRole("link", { name: "其他门户" }).click();
      await door(page, "其他门户");
    };
    const typeDoor = async (address) => {
      const form = page.getByRole("form", { name: "按门牌打开" });
      await form.getByLabel("围合区").selectOption({ label: ENCLOSURE });
      await form.getByLabel("楼栋和房号").fill(address);
      await form.getByRole("button", { name: "打开这户" }).click();
    };

    before(async () => {
      own.browser = world.browser;
      own.server = await startServer([], ["--simulated-clock", START]);
      own.district = await enterDistrict(own.server);
      await settled("7栋701", "罗文", numbers.gone);
      await settled("7栋701", "苏青", numbers.mate);
      await own.district.enrol("手机申请人", numbers.phone, { phone: "13800138023" });
      for (const { name, number } of dormitory) await own.district.enterAt("11栋宿舍101", name, number);
      await own.district.enterAt("5栋101", "何静", numbers.first);
      await own.district.enterAt("5栋102", "吕强", numbers.second);
      await own.district.enterAt("5栋103", "施平", numbers.away);
      page = await openField(own, "grid_worker");
      await card(page, "101").first().waitFor();
    });
    after(async () => {
      if (page) await closePage(page);
      await own.server?.end();
    });

    test("a door where nothing is open is opened by its room, and somebody has moved out", async () => {
      assert.equal(await card(page, "罗文").count(), 0, "it is not on the list");
      await openOther();
      const form = page.getByRole("form", { name: "按门牌打开" });
      await form.getByLabel("围合区").selectOption("");
      await form.getByRole("button", { name: "打开这户" }).click();
      await form.getByRole("alert").filter({ hasText: "请选择围合区" }).waitFor();
      await fits(page, "another door");
      await typeDoor("7号楼 701室");
      await door(page, `${ENCLOSURE} 7栋701`);
      await person(page, "苏青").waitFor();
      assert.equal(await page.getByRole("button", { name: "无人在家" }).count(), 0, "nobody was to be asked");
      await fits(page, "a door where nothing is open");
      await person(page, "罗文").getByRole("button", { name: "已搬离", exact: true }).click();
      await page.getByRole("button", { name: "保存（1 人）" }).click();
      await back(page);
      await page.getByText("已同步").waitFor();
      const { state } = await lead(`people/${await idOf(numbers.gone)}/decision`);
      assert.equal(state.residence, "away");
    });

    test("a door is found by the document of somebody behind it, and needs are noted", async () => {
      await openOther();
      const form = page.getByRole("form", { name: "按住户证件查找" });
      await form.getByLabel("证件号码").fill(`${numbers.mate.slice(0, 17)}${numbers.mate.endsWith("1") ? "2" : "1"}`);
      await form.getByRole("button", { name: "查找" }).click();
      await form.getByRole("alert").filter({ hasText: "号码校验不通过" }).waitFor();
      await form.getByLabel("证件号码").fill(residentNumber(899, "19990101"));
      await form.getByRole("button", { name: "查找" }).click();
      await form.getByRole("alert").filter({ hasText: "没有此证件号码" }).waitFor();
      await fits(page, "a number that nobody has");
      await form.getByLabel("证件号码").fill(numbers.mate);
      await form.getByRole("button", { name: "查找" }).click();
      await door(page, `${ENCLOSURE} 7栋701`);
      await person(page, "苏青").waitFor();
      assert.equal(await person(page, "罗文").count(), 0, "who has moved out is none of this door");
      await person(page, "苏青").getByRole("button", { name: "旅居、健康、需要、地址、备注" }).click();
      await person(page, "苏青").getByRole("group", { name: "缺什么" }).getByRole("button", { name: "药品" }).click();
      await page.getByRole("button", { name: "保存（1 人）" }).click();
      await back(page);
      await card(page, "701").filter({ hasText: "需要药品" }).waitFor();
      await card(page, "701").click();
      await person(page, "苏青").getByRole("button", { name: "纸质通行证" }).click();
      await page.getByRole("img", { name: "通行证二维码" }).waitFor();
      await page.getByRole("button", { name: "关闭" }).click();
    });

    test("without network a newcomer at a typed door waits, and the door is known afterwards", async () => {
      const newcomer = residentNumber(829, "20000229");
      await page.context().setOffline(true);
      await openOther();
      await page.getByRole("region", { name: "最近打开" }).getByRole("link", { name: /7栋701/ }).waitFor();
      await typeDoor("9栋909");
      await page.getByText("离线时无法得知此户住着谁").waitFor();
      await fits(page, "a typed door without network");
      await page.getByRole("button", { name: "登记新住户" }).click();
      await page.getByLabel("姓名").fill("齐新来");
      await page.getByLabel("证件号码").fill(newcomer);
      await page.getByRole("button", { name: "保存新住户" }).click();
      await page.getByRole("region", { name: "待上传的新住户" }).getByText("齐新来").waitFor();
      await fits(page, "a newcomer who waits");
      await page.context().setOffline(false);
      await person(page, "齐新来").waitFor();
      await person(page, "齐新来").getByText("已核已入住").first().waitFor();
      assert.match(page.url(), /#stops\/\d+$/, "the door has its own key by now");
      assert.equal(await own.district.colourOf(newcomer), "green");
    });

    test("who applied on a phone is verified once the worker has said where they live", async () => {
      await start();
      await card(page, "手机申请人").click();
      assert.equal(await own.district.colourOf(numbers.phone), "yellow");
      await verified(page, "手机申请人").click();
      await page.getByRole("button", { name: "保存（1 人）" }).click();
      await person(page, "手机申请人").getByRole("alert").filter({ hasText: "请选择围合区" }).waitFor();
      await fits(page, "somebody without a home on record");
      await person(page, "手机申请人").getByLabel("住在哪个围合区").selectOption({ label: ENCLOSURE });
      await person(page, "手机申请人").getByLabel("楼栋和房号").fill("6栋606");
      await page.getByRole("button", { name: "保存（1 人）" }).click();
      await back(page);
      await card(page, "手机申请人").waitFor({ state: "detached" });
      await page.getByText("已同步").waitFor();
      assert.equal(await page.getByRole("link", { name: /需要您处理/ }).count(), 0);
      assert.equal(await own.district.colourOf(numbers.phone), "green");
    });

    test("more than twenty people behind one door are verified in one save", async () => {
      let calls = 0;
      page.on("request", (request) => (calls += request.url().endsWith("/api/v1/calls") ? 1 : 0));
      await start();
      await card(page, "工友").click();
      await page.getByRole("button", { name: "全家 23 人：已核已入住" }).click();
      await page.getByRole("button", { name: "保存（23 人）" }).click();
      await back(page);
      await card(page, "工友").waitFor({ state: "detached" });
      await page.getByText("已同步").waitFor();
      assert.equal(calls, 2, "twenty and three");
      assert.equal(await page.getByRole("link", { name: /需要您处理/ }).count(), 0);
      for (const { number } of [dormitory[0], dormitory[19], dormitory[20], dormitory[22]])
        assert.equal(await own.district.colourOf(number), "green");
    });

    test("a grid worker sees who is held at a gate, goes there, and closes it", async () => {
      const tab = page.getByRole("navigation").getByRole("link", { name: /^告警/ });
      await tab.click();
      await page.getByText("没有人被拦在卡口").waitFor();
      await fits(page, "nobody held");
      // A fever at the gate is the team's; the worker hears of whoever is held, and of nothing else.
      await own.district.enrol("何止步", numbers.held, { phone: "13800138024" });
      await own.district.scan(residentNumber(840, "19900115"), { temperature: 38.2 });
      await own.district.scan(numbers.held);
      await own.district.checkOnSpot(numbers.held, { passed: false, travel_history: "none" });
      const alert = page.locator("li.alert");
      await alert.filter({ hasText: "何止步" }).waitFor();
      assert.equal(await alert.count(), 1);
      assert.match(await tab.innerText(), /1/);
      await fits(page, "somebody held, as a grid worker sees it");
      await alert.getByRole("button", { name: /^10/ }).click();
      await alert.getByText("到场时限").waitFor();
      await alert.getByRole("button", { name: "已到场" }).click();
      await alert.locator(".there").waitFor();
      await alert.getByRole("button", { name: "办结" }).click();
      const sheet = page.getByRole("dialog", { name: "处置结果" });
      await fits(page, "how it ended, as a grid worker says it");
      await sheet.getByRole("button", { name: /已劝导/ }).click();
      await page.getByText("没有人被拦在卡口").waitFor();
      const { items } = await own.district.as("team_doctor")("alerts?status=closed");
      const closed = items.find((one) => one.kind === "held_at_gate");
      assert.equal(closed.outcome, "advised");
    });

    test("an order ends early on a ground of the list only, and gives no notice", async () => {
      await own.district.enrol("封久安", numbers.ordered, { phone: "13800138025" });
      await own.district.quarantine(numbers.ordered);
      const police = await openPage(own.browser);
      await openTab(police, own, "team_police", "orders");
      const order = police.locator("li.order").filter({ hasText: "封久安" });
      await order.getByRole("button", { name: "解除" }).click();
      const dialog = police.getByRole("dialog");
      const grounds = await dialog.locator("button.choice strong").allInnerTexts();
      assert.deepEqual(grounds, ["决定有误", "接触已排除", "移交其他部门"], "a doctor's discharge is not a police officer's");
      await fits(police, "the grounds on which an order ends early");
      await dialog.getByRole("button", { name: /接触已排除/ }).click();
      await order.waitFor({ state: "detached" });
      await police.getByRole("button", { name: "已解除" }).click();
      await order.waitFor();
      assert.equal(await order.getByRole("button", { name: "出具解除通知书" }).count(), 0, "nothing ran its course");
      const person_id = await idOf(numbers.ordered);
      const { items } = await own.district.as("team_doctor")(`quarantine-orders?status=released&person_id=${person_id}`);
      assert.equal(items[0].end_reason, "cancelled");
      await closePage(police);
    });

    test("work goes on in the basement after the session has run out", async () => {
      await start();
      await until(page, () => navigator.serviceWorker.controller !== null);
      await page.context().setOffline(true);
      await card(page, "施平").click();
      await page.getByRole("button", { name: "无人在家" }).click();
      await page.getByRole("button", { name: "无人应门" }).click();
      await page.getByRole("button", { name: "今晚 7 点" }).click();
      await page.getByRole("button", { name: "保存，改约再来" }).click();
      await back(page);
      await card(page, "何静").click();
      await verified(page, "何静").click();
      await page.getByRole("button", { name: "保存（1 人）" }).click();
      await back(page);
      await page.getByText("待上传 2 条").waitFor();
      // Hours pass; then one moment of signal, in which the server says that the session is over.
      await setClock(own, EVENING);
      await page.context().setOffline(false);
      await page.getByText("登录已过期：登录后上传（2 条待传）").waitFor();
      await page.context().setOffline(true);
      await fits(page, "the list after the session ran out");
      await page.reload();
      await unlock(page);
      await back(page);
      await card(page, "吕强").click();
      await verified(page, "吕强").click();
      await page.getByRole("button", { name: "保存（1 人）" }).click();
      await back(page);
      await page.getByText("登录已过期：登录后上传（3 条待传）").waitFor();
      await card(page, "吕强").filter({ hasText: "待上传" }).waitFor();
    });

    test("whoever signs in again sends it all, also a try whose next one has passed", async () => {
      await own.district.signInAgain();
      await page.context().setOffline(false);
      const signIn = page.getByRole("button", { name: "登录", exact: true });
      await signIn.click();
      await page.getByText("3 条等待上传").waitFor();
      await fits(page, "signing in again");
      assert.equal(await page.getByLabel("用户名").inputValue(), own.district.accounts.grid_worker.username);
      await page.getByRole("button", { name: "稍后登录，继续工作" }).click();
      await back(page);
      await signIn.click();
      await page.getByLabel("密码").fill(own.district.accounts.grid_worker.password);
      await signIn.click();
      await back(page);
      await page.getByText("已同步").waitFor();
      assert.equal(await page.getByRole("link", { name: /需要您处理/ }).count(), 0, "nothing was refused");
      assert.equal(await own.district.colourOf(numbers.first), "green");
      assert.equal(await own.district.colourOf(numbers.second), "green");
      await card(page, "施平").filter({ hasText: "已跑 1 次" }).waitFor();
    });

    test("a session that somebody ended closes the phone", async () => {
      await own.district.as("grid_worker")("me/sessions", { method: "DELETE" });
      await page.getByRole("button", { name: "刷新" }).click();
      await unlock(page);
      await page.getByLabel("密码").waitFor();
      assert.equal(await page.getByRole("heading", { name: "今日上门" }).count(), 0);
      assert.equal(await page.getByRole("button", { name: "稍后登录，继续工作" }).count(), 0);
    });
  });
}
