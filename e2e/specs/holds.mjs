/** What waits for a person before it changes many passes: dates, late sources, files. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, DESKTOP, openPage, PHONE } from "../lib/browser.mjs";
import { speak } from "../lib/console.mjs";
import { residentNumber } from "../lib/district.mjs";

const MANY = 60;
const HEADER =
  "document_type,document_number,name,phone,origin,residence_status,enclosure_code,grid_code,household,address,employer_code,employment_status\n";

/** Signs an account in and opens the holds. */
async function openHolds(page, world, role) {
  const { username, password } = world.district.accounts[role];
  await page.goto(`${world.server.staffUrl}/#holds`);
  await page.getByLabel("用户名").fill(username);
  await page.getByLabel("密码").fill(password);
  await page.getByRole("button", { name: "登录" }).click();
  await page.getByRole("heading", { level: 1, name: "暂缓核对", exact: true }).waitFor();
}

const section = (page, name) => page.getByRole("region", { name, exact: true });

export function holdsSpecs(world) {
  describe("what would change many passes", () => {
    const numbers = Array.from({ length: MANY }, (_, n) => residentNumber(n + 1, "19690404"));
    const imported = Array.from({ length: MANY }, (_, n) => residentNumber(n + 1, "19690505"));
    const file = (name) => HEADER + imported.map((number) => `resident_id,${number},${name},,420100,verified,H1,,,,,\n`).join("");
    let desk;
    let approver;

    before(async () => {
      const { district } = world;
      const enclosures = "code,name,kind,community_code\nH1,汤坑花园,estate,440310003002\nH2,金龟村,estate,440310004001\n";
      await district.as("data_desk")("enclosures/import", { body: enclosures, type: "text/csv" });
      const listed = await district.as("data_desk")("enclosures?prefix=440310004001");
      const [home] = listed.items;
      const now_ms = Date.parse((await district.time()).now);
      const at = (minutes) => new Date(now_ms + minutes * 60_000).toISOString();
      for (const number of numbers) {
        const { person_id } = await district.enter("住户", number, home);
        // Green for an hour; then yellow again, all of them at once.
        const body = { kind: "exemption", from: at(-60), to: at(65), approvals: 2, source: "指挥部" };
        await district.as("team_doctor")(`people/${person_id}/facts`, { body });
      }
      const send = (name) =>
        district.as("data_desk")("registry-imports?source=police&create=true", { body: file(name), type: "text/csv" });
      assert.equal((await send("张三")).held, null);
      assert.equal((await send("李四")).held.reason, "flips");
      desk = await openPage(world.browser, { viewport: DESKTOP });
      approver = await openPage(world.browser, { viewport: PHONE });
    });
    after(async () => {
      await closePage(desk);
      await closePage(approver);
    });

    test("is known before it happens, with its numbers", async () => {
      await openHolds(desk, world, "data_desk");
      const hold = section(desk, "到期变化").locator("li").filter({ hasText: "金龟社区" }).first();
      await hold.waitFor();
      await hold.getByText(`${MANY}人中有${MANY}人将变色（100.0%）。`).waitFor();
      await hold.getByText("等待决定").waitFor();
      await hold.getByText("已提前发现").waitFor();
      await assertAccessible(desk, "the holds");
    });

    test("keeps its old colours for a time, with a reason", async () => {
      const hold = section(desk, "到期变化").locator("li").filter({ hasText: "金龟社区" }).first();
      await hold.getByRole("button", { name: "保持原来的颜色" }).click();
      await hold.getByLabel("理由（记录在案）").fill("等待指挥部复核");
      await hold.getByLabel("保持多久").selectOption({ label: "6小时" });
      await assertAccessible(desk, "the decision on a hold");
      await hold.getByRole("button", { name: "保持原来的颜色" }).click();
      await hold.getByText("保持原色").first().waitFor();
      await hold.getByText("经过").click();
      await hold.getByText("等待指挥部复核").waitFor();
    });

    test("takes effect when a person lets it, also on a phone and in English", async () => {
      await openHolds(approver, world, "rule_approver");
      await speak(approver, "English");
      const hold = section(approver, "Dates that come").locator("li").filter({ hasText: "金龟社区" }).first();
      await hold.getByRole("button", { name: "Let it take effect" }).click();
      await hold.getByLabel("Why (kept on record)").fill("checked with the headquarters");
      await assertAccessible(approver, "the holds on a phone");
      const overflow = await approver.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.equal(overflow, 0, "nothing sticks out at the side");
      await hold.getByRole("button", { name: "Let it take effect" }).click();
      const past = section(approver, "Decided and over").locator("li").filter({ hasText: "金龟社区" }).first();
      await past.getByText("Took effect").first().waitFor();
      await section(desk, "已决定和已结束").getByText("金龟社区").first().waitFor();
    });

    test("shows files that are held; another person lets them be sent again", async () => {
      const held = section(desk, "数据导入").locator("li").filter({ hasText: "police" }).first();
      await held.getByText("汤坑社区：一小时内").waitFor();
      await held.getByRole("button", { name: "放行该文件" }).click();
      await held.getByLabel("理由（记录在案）").fill("已核对");
      await held.getByRole("button", { name: "放行该文件" }).click();
      await held.getByText("导入人不能放行自己导入的文件。").waitFor();
    });

    test("knows how often a source comes", async () => {
      await desk.getByText("设定来源的间隔").click();
      await desk.getByLabel("来源", { exact: true }).fill("疾控中心");
      await desk.getByLabel("每隔几小时（留空：根据导入得出）").fill("24");
      await desk.getByLabel("原因").fill("每日一报");
      await desk.getByRole("button", { name: "设定", exact: true }).click();
      const source = section(desk, "数据来源").locator(".sources > li").filter({ hasText: "疾控中心" });
      await source.getByText("通常每1天一次").waitFor();
      await source.getByText("按时").waitFor();
      await assertAccessible(desk, "the sources");
    });
  });
}
