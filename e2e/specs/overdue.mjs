/** Appeals that nobody answers: level by level until the last deadline has passed, and what holds then. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { closePage, DESKTOP, openPage, PHONE } from "../lib/browser.mjs";
import { setClock } from "../lib/clock.mjs";
import { fits, openConsole } from "../lib/console.mjs";
import { enterDistrict, residentNumber } from "../lib/district.mjs";
import { startServer } from "../lib/server.mjs";
import { applyAs, fitsInBoth, nextPhone, openMy } from "./resident.mjs";

const START_MS = Date.parse("2020-03-06T08:30:00+08:00");
const HOUR_MS = 3_600_000;
/** Each level has 48 hours for an appeal against yellow. */
const TERM_H = 48;
const LOOK_MS_MAX = 90_000;
const HEADER =
  "document_type,document_number,name,phone,origin,residence_status,enclosure_code,grid_code,household,address,employer_code,employment_status";

export function overdueSpecs(world) {
  describe("appeals whose every deadline passes", { skip: !world.stoppable && "needs a server of its own" }, () => {
    const own = {};
    /** The police's register calls her by another name; the data desk of the district answers. */
    const named = { name: "王秀兰", number: residentNumber(891, "19560304"), phone: nextPhone() };
    /** He was somewhere where a grid worker says there was a risk; his community answers first. */
    const travelled = { name: "赵建国", number: residentNumber(892, "19610708"), phone: nextPhone() };
    let now_ms = START_MS;
    before(async () => {
      own.server = await startServer([], ["--simulated-clock", new Date(START_MS).toISOString()]);
      own.district = await enterDistrict(own.server);
      await own.district.setPhone("440310", "0755-28220000");
      for (const who of [named, travelled]) {
        who.page = await openPage(world.browser, { viewport: { width: 360, height: 780 } });
        // A phone's clock is right, and here it is the server's.
        await who.page.clock.setFixedTime(now_ms);
        await applyAs(who.page, own.server, who);
        await own.district.verify(who.number);
      }
    });
    after(async () => {
      await closePage(named.page);
      await closePage(travelled.page);
      await own.server.end();
    });

    const appeal = async ({ page }) => {
      await openMy(page, own.server, "object/colour", "提出申诉");
      await page.getByLabel("请说明情况").fill("登记有误，请核实后更正。");
      await page.getByRole("button", { name: "提交申诉" }).click();
      await page.getByRole("status").filter({ hasText: /已收到。由.+负责，最迟.+答复。/ }).waitFor();
    };
    /** So many hours after the appeals were made, for the server and for the phones. */
    const goTo = async (hours) => {
      now_ms = START_MS + hours * HOUR_MS;
      await setClock(own.server, now_ms);
      for (const { page } of [named, travelled]) await page.clock.setFixedTime(now_ms);
      await own.district.signInAgain();
    };
    /** The appeal's page once it says something; deadlines are looked at every half a minute. */
    const untilSaid = async ({ page }, words) => {
      const until_ms = Date.now() + LOOK_MS_MAX;
      await page.goto(`${own.server.publicUrl}/my/#appeals`);
      await page.locator("a.appeal-line").first().click();
      const shown = page.getByRole("region", { name: /有异议/ });
      for (;;) {
        await shown.waitFor();
        const text = await shown.innerText();
        if (words.test(text)) return text;
        assert.ok(Date.now() < until_ms, `${words} is not said: ${text}`);
        await new Promise((wake) => setTimeout(wake, 1000));
        await page.reload();
      }
    };
    /** The pass itself says so, once it has asked the server. */
    const shows = async ({ page }, words) => {
      await page.goto(own.server.publicUrl);
      await page.getByRole("heading", { level: 1 }).filter({ hasText: words }).waitFor();
    };

    test("begin with somebody who answers, and a time", async () => {
      const csv = `${HEADER}\nresident_id,${named.number},王秀英,${named.phone},420100,,,,,,,\n`;
      const view = await own.district.as("data_desk")("registry-imports?source=police", { body: csv, type: "text/csv" });
      assert.equal(view.conflicts, 1);
      await own.district.record(travelled.number, {
        kind: "stay",
        area: "420100",
        risk: "high",
        until: "2020-03-05",
        certainty: "declared",
        source: "电话核查",
      });
      await appeal(named);
      await appeal(travelled);
      assert.match(await untilSaid(travelled, /最迟答复/), /还有4[78]小时/);
    });

    test("go one level up when nobody answers; at the district's the cause is suspended", async () => {
      await goTo(TERM_H + 1);
      const up = await untilSaid(travelled, /已转到街道/);
      assert.match(up, /还有4[78]小时/, "a full term of its own");
      const over = await untilSaid(named, /各级期限都已过/);
      assert.match(over, /答复之前，有争议的依据暂不计入。/);
      assert.doesNotMatch(over, /将转上一级/, "there is no level above");
      await fitsInBoth(named.page, "an appeal whose every deadline passed");
      await shows(named, "绿证");
    });

    test("tell so in the app, too", async () => {
      await named.page.getByRole("button", { name: "通知" }).click();
      await named.page.getByText(/您的申诉已超过全部办理期限，在作出决定前，有争议的依据暂停使用。/).waitFor();
      await fits(named.page, "what was told of an appeal");
    });

    test("leave everything else as it is when the last has passed", async () => {
      await goTo(2 * TERM_H + 2);
      await untilSaid(travelled, /已转到区里/);
      await goTo(3 * TERM_H + 3);
      const over = await untilSaid(travelled, /各级期限都已过/);
      assert.match(over, /答复之前，颜色和登记信息不变，区里仍须答复。/);
      assert.doesNotMatch(over, /将转上一级/);
      const steps = travelled.page.getByRole("region", { name: "办理经过" });
      assert.match(await steps.innerText(), /已提出[\s\S]*逾期未答复，已转上一级[\s\S]*逾期未答复，已转上一级[\s\S]*各级均已逾期/);
      await travelled.page.goto(`${own.server.publicUrl}/my/#appeals`);
      assert.match(await travelled.page.locator("a.appeal-line").innerText(), /办理中\s*期限已过，仍须答复/);
      await shows(travelled, "黄证");
    });

    test("are counted by street for those who lead", async () => {
      const lead = await openPage(world.browser, { viewport: DESKTOP });
      await openConsole(lead, own, "community_lead", "appeals", "申诉办理");
      const row = lead.getByRole("row").filter({ hasText: "坪山街道" });
      await row.waitFor();
      const cells = await row.getByRole("cell").allInnerTexts();
      assert.deepEqual(cells.slice(0, 3), ["2", "2", "2"], "opened, open, late");
      await lead.getByRole("radio", { name: "全部" }).click();
      const line = lead.locator("li.appeal").filter({ hasText: travelled.name });
      assert.match(await line.innerText(), /已错过 3 次期限/);
      await line.getByRole("link").click();
      await lead.getByText("在作出决定前，现有状态保持不变。").waitFor();
      await fits(lead, "an appeal whose every deadline passed");
      await closePage(lead);
    });

    test("are still decided by somebody, and the evidence counts again when it was right", async () => {
      const desk = own.district.as("data_desk");
      const { items } = await desk("appeals?late=true");
      const one = items.find((each) => each.name === named.name);
      const body = { reason: "evidence_confirmed", text: "经核对户籍档案，登记姓名为王秀英，请到社区更正。" };
      await desk(`appeals/${one.person_id}/${one.appeal_id}/decide`, { body });
      await untilSaid(named, /经核对户籍档案/);
      await shows(named, "黄证");
    });
  });
}
