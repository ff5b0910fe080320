/** A shift of the response team on phones, from a fever at a gate to the notice that all is over. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { closePage, DESKTOP, openPage, PHONE } from "../lib/browser.mjs";
import { fits, openConsole } from "../lib/console.mjs";
import { enterDistrict, residentNumber } from "../lib/district.mjs";
import { ENGLISH, fromPhone, openTab, setClock } from "../lib/field.mjs";
import { startServer } from "../lib/server.mjs";

// Checks are asked for by the time of day, so this server has a clock of its own.
const START = "2020-03-06T08:30:00+08:00";
const NAME = "林小梅";
const PAPER = "坪隔〔2020〕31号";

export function responseSpecs(world) {
  describe("a shift of the response team", { skip: !world.stoppable && "needs a server of its own" }, () => {
    const number = residentNumber(811);
    const own = {};
    let doctor;
    let police;
    let desk;
    let enrolled;
    before(async () => {
      own.server = await startServer([], ["--simulated-clock", START]);
      own.district = await enterDistrict(own.server);
      enrolled = await own.district.enrol(NAME, number);
      await own.district.verify(number);
      doctor = await openPage(world.browser, { viewport: PHONE });
      police = await openPage(world.browser, { viewport: { width: 360, height: 740 } });
      await openTab(doctor, own, "team_doctor", "alerts");
      await openTab(police, own, "team_police", "orders");
      desk = await openPage(world.browser, { viewport: DESKTOP });
      await openConsole(desk, own, "community_lead", "response", "处置");
    });
    after(async () => {
      await closePage(doctor);
      await closePage(police);
      await closePage(desk);
      await own.server.end();
    });
    const alert = (page = doctor) => page.locator("li.alert").filter({ hasText: NAME });
    const card = (kind, page = doctor) => page.locator(`li.${kind}`).filter({ hasText: NAME });
    const tabOf = (page, name) => page.getByRole("navigation").getByRole("link", { name: new RegExp(`^${name}`) });
    /** A part of the lead's page at the console, by its title. */
    const atDesk = (title) => desk.getByRole("region", { name: new RegExp(`^${title}`) });
    const tab = (page, name) => tabOf(page, name).click();

    test("a fever at a gate runs against the clock", async () => {
      await doctor.getByText("没有待处置的告警").waitFor();
      await fits(doctor, "no alert");
      assert.equal((await own.district.scan(number, { temperature: 37.9 })).colour, "red");
      await alert().getByText("卡口测温异常").waitFor();
      await alert().getByText("接警时限").waitFor();
      await fits(doctor, "an open alert");
      assert.match(await tabOf(doctor, "告警").innerText(), /1/, "the tab counts what nobody has taken");
      await atDesk("待处置警报").getByText(/卡口测温异常/).waitFor();
      assert.match(await atDesk("待处置警报").innerText(), /待接警\s*剩余 \d+:\d\d/);
      await fits(desk, "the console's page of the response");
      await alert().getByRole("button", { name: "接警，时间未定" }).click();
      await alert().getByText("到场时限").waitFor();
      await alert().getByRole("button", { name: "已到场" }).click();
      await alert().locator(".there").waitFor();
      await alert().getByRole("button", { name: "经过" }).click();
      await alert().locator(".steps li").nth(2).waitFor();
      const steps = await alert().locator(".steps li").allInnerTexts();
      assert.deepEqual(steps.map((line) => line.split(/\s/).at(-1)), ["发出告警", "接警", "到场"]);
      await fits(doctor, "an alert with its steps");
    });

    test("it is closed with an outcome, and the order is proposed and confirmed by two", async () => {
      await alert().getByRole("button", { name: "办结" }).click();
      const sheet = doctor.getByRole("dialog", { name: "处置结果" });
      await fits(doctor, "the outcomes");
      await sheet.getByRole("button", { name: /居家隔离/ }).click();
      await doctor.getByRole("dialog", { name: "已办结" }).getByRole("button", { name: "提出隔离" }).click();
      await doctor.getByText(NAME).waitFor();
      await doctor.getByLabel("文书号").fill("领导要求");
      await doctor.getByRole("button", { name: "提出", exact: true }).click();
      await doctor.getByRole("alert").filter({ hasText: "应为文书" }).waitFor();
      await fits(doctor, "a proposal with a fault");
      await doctor.getByLabel("文书号").fill(PAPER);
      await doctor.getByRole("button", { name: "先口头告知" }).click();
      await doctor.getByRole("button", { name: "提出", exact: true }).click();
      await doctor.getByText("已提出，等待另一单位确认").waitFor();
      await card("proposal", police).getByRole("button", { name: "确认", exact: true }).click();
      await police.getByText("已确认，立即生效").waitFor();
      await card("order", police).getByText("居家").waitFor();
      await fits(police, "the orders at 360 pixels");
      await card("order", police).getByRole("button", { name: "历史" }).click();
      await card("order", police).getByText(/开始 · 居家/).waitFor();
      assert.match(await card("order", police).innerText(), new RegExp(`${PAPER} · 2020-03-06 · 先口头告知`));
      await card("order", police).getByText("社区医生 提出，社区民警 确认").waitFor();
    });

    test("the morning's check is missing, and is entered in two touches without network", async () => {
      await tab(doctor, "观察");
      const person = card("observed");
      await person.getByText("待测").waitFor();
      assert.match(await doctor.locator(".figures").innerText(), /上午未测\s*1/);
      await fits(doctor, "people under observation");
      await atDesk("上午未测温").getByRole("link", { name: NAME }).waitFor();
      await fits(desk, "the console with somebody who was not measured");
      await doctor.context().setOffline(true);
      await person.getByRole("button", { name: "测温" }).click();
      await fits(doctor, "the entry of a check");
      await doctor.getByRole("button", { name: "36.6", exact: true }).click();
      await doctor.getByText(`已登记 ${NAME} 36.6 ℃`).waitFor();
      await doctor.getByText("1 条测温登记待上传").waitFor();
      await fits(doctor, "a check that waits");
      await doctor.context().setOffline(false);
      await doctor.getByText("1 条测温登记待上传").waitFor({ state: "detached" });
      await person.getByText("36.6").waitFor();
      assert.match(await doctor.locator(".figures").innerText(), /上午未测\s*0/);
      await atDesk("上午未测温").getByText("都已测温。").waitFor();
      await person.getByRole("button", { name: "记录" }).click();
      await doctor.getByRole("dialog").getByText("工作人员登记").waitFor();
      await fits(doctor, "the diary");
      await doctor.getByRole("button", { name: "关闭" }).click();
    });

    test("what the person asks for on the phone arrives and is answered", async () => {
      const token = enrolled.holder_token;
      await fromPhone(own, token, "needs", { kind: "medicine", note: "降压药一盒" });
      await fromPhone(own, token, "openings", { purpose: "rubbish" });
      await card("observed").getByText("1 项需求").waitFor();
      await tab(doctor, "需求");
      await card("need").getByText("降压药一盒").waitFor();
      await card("opening").getByText("放垃圾").waitFor();
      await fits(doctor, "needs and openings");
      await atDesk("居家需求").getByText("药品").waitFor();
      await card("need").getByRole("button", { name: "我来办" }).click();
      await card("need").getByRole("button", { name: "已送达" }).click();
      await doctor.getByText("没有待办的需求").waitFor();
    });

    test("the team asks and announces for somebody without a phone", async () => {
      await tab(doctor, "观察");
      await card("observed").getByRole("button", { name: "代办" }).click();
      const sheet = doctor.getByRole("dialog");
      await sheet.getByRole("button", { name: "其他帮助" }).click();
      await sheet.getByRole("button", { name: "提出需求" }).click();
      await sheet.locator("input[aria-invalid=true]").waitFor();
      await fits(doctor, "asking for somebody");
      await sheet.getByRole("textbox", { name: "说明" }).fill("换一个灯泡");
      await sheet.getByRole("button", { name: "提出需求" }).click();
      await doctor.getByText(`已代 ${NAME} 提出：其他帮助`).waitFor();
      await card("observed").getByRole("button", { name: "代办" }).click();
      await sheet.getByRole("button", { name: "取快递" }).click();
      await sheet.getByRole("button", { name: "30 分钟" }).click();
      await sheet.getByRole("button", { name: "报备", exact: true }).click();
      await doctor.getByText(new RegExp(`已代 ${NAME} 报备开门至 09:0\\d`)).waitFor();
      await tab(doctor, "需求");
      await card("need").getByText("换一个灯泡").waitFor();
      await card("need").getByText("工作人员代提").waitFor();
      await card("opening").filter({ hasText: "取快递" }).waitFor();
      await card("need").getByRole("button", { name: "无法办理" }).click();
      await doctor.getByRole("dialog").getByRole("button", { name: "暂时无法提供" }).click();
      await doctor.getByText("没有待办的需求").waitFor();
    });

    test("an unanswered alert is told one level up, where the lead takes it", async () => {
      await setClock(own, "2020-03-06T08:31:00+08:00");
      await fromPhone(own, enrolled.holder_token, "checks", { temperature: 38.4 });
      await tab(doctor, "告警");
      await alert().getByText("隔离人员体温异常").waitFor();
      await setClock(own, "2020-03-06T08:37:00+08:00");
      await alert().getByText("已上报社区").waitFor();
      await atDesk("待处置警报").getByText("已上报社区").waitFor();
      await atDesk("待处置警报").getByRole("button", { name: "接收" }).click();
      await atDesk("待处置警报").getByText("赶往现场").waitFor();
      await alert().getByRole("button", { name: "办结" }).click();
      await doctor.getByRole("button", { name: /误报/ }).click();
      await doctor.getByText("没有待处置的告警").waitFor();
    });

    test("the release prints its notice, which can be checked", async () => {
      await tab(doctor, "隔离");
      await card("order").getByRole("button", { name: "解除" }).click();
      await fits(doctor, "the release");
      const dialog = doctor.getByRole("dialog");
      assert.equal(await dialog.getByRole("button", { name: /期满/ }).count(), 0, "nobody completes it before its last day");
      await dialog.getByRole("button", { name: /移交其他部门/ }).waitFor();
      await dialog.getByRole("button", { name: /医学解除/ }).click();
      await dialog.getByLabel("诊断证明编号").fill("诊断〔2020〕0317号");
      await fits(doctor, "the discharge");
      await dialog.getByRole("button", { name: "办理医学解除" }).click();
      await card("order").waitFor({ state: "detached" });
      await doctor.getByRole("button", { name: "已解除" }).click();
      await card("order").getByRole("button", { name: "出具解除通知书" }).click();
      const sheet = doctor.getByRole("article");
      await sheet.getByRole("heading", { name: "解除隔离观察通知书" }).waitFor();
      const text = await sheet.innerText();
      assert.match(text, new RegExp(`${NAME}（证件号码 4403\\*{10}\\d{3}[\\dX]）自 2020年3月6日\\s*起居家隔离观察`));
      assert.match(text, /Notice of the end of observation/);
      await fits(doctor, "the notice");
      await doctor.emulateMedia({ media: "print" });
      assert.ok(await doctor.getByRole("navigation", { includeHidden: true }).isHidden(), "only the paper is printed");
      await doctor.emulateMedia({ media: "screen" });
      const [serial] = text.match(/GPP-[0-9A-Z-]+/);
      await doctor.getByRole("link", { name: "返回" }).click();
      await doctor.getByLabel("证明编号").fill(serial.toLowerCase());
      await doctor.getByRole("button", { name: "查验" }).click();
      await doctor.getByText(/属实：解除隔离观察通知书，林\*/).waitFor();
      await doctor.getByLabel("证明编号").fill(`${serial.slice(0, -1)}${serial.endsWith("7") ? "8" : "7"}`);
      await doctor.getByRole("button", { name: "查验" }).click();
      await doctor.getByText("查无此编号").waitFor();
      await fits(doctor, "the papers");
    });

    test("speaks English too, and leaves orders and other alerts to the team", async () => {
      const worker = await openPage(world.browser, { viewport: { width: 360, height: 740 }, language: "en" });
      await openTab(worker, own, "grid_worker", "watch", ENGLISH);
      await worker.getByText("Nobody is under observation here today").waitFor();
      await fits(worker, "the watch in English");
      assert.equal(await worker.getByRole("navigation").getByRole("link", { name: "Orders" }).count(), 0);
      await tab(worker, "Needs");
      await worker.getByText("Nothing is asked for").waitFor();
      await fits(worker, "the needs in English");
      await closePage(worker);
    });
  });
}
