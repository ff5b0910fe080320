/** Pictures of the catalogue of facts and of what waits for a person. */
import { readFile } from "node:fs/promises";
import { DESKTOP, openPage, PHONE } from "../lib/browser.mjs";
import { setClock } from "../lib/clock.mjs";
import { residentNumber } from "../lib/district.mjs";
import { label, picture } from "../lib/pictures.mjs";

const MANY = 60;
const HEADER =
  "document_type,document_number,name,phone,origin,residence_status,enclosure_code,grid_code,household,address,employer_code,employment_status\n";
const ENCLOSURES = "code,name,kind,community_code\nH1,汤坑花园,estate,440310003002\nH2,金龟村,estate,440310004001\n";

/** A page of the console, signed in. */
async function enter(world, language, { role, hash, viewport = DESKTOP }) {
  const say = (zh, en) => label(language, zh, en);
  const page = await openPage(world.browser, { language, viewport });
  const { username, password } = world.district.accounts[role];
  await page.goto(`${world.server.staffUrl}/#${hash}`);
  await page.getByLabel(say("用户名", "User name")).fill(username);
  await page.getByLabel(say("密码", "Password")).fill(password);
  await page.getByRole("button", { name: say("登录", "Sign in") }).click();
  await page.locator(".top h1").waitFor();
  return page;
}

/** The worked example of docs/rules.md, all but the last entry approved. */
export async function fillCatalogue({ district }) {
  const entries = JSON.parse(await readFile(new URL("../../rules/examples/catalogue.json", import.meta.url), "utf8"));
  const note = "会议纪要第7号";
  for (const [at, definition] of entries.entries()) {
    const { proposal_id } = await district.as("rule_maker")("catalogue-entries", { body: { definition, note } });
    if (at === entries.length - 1) return;
    await district.as("rule_approver")(`catalogue-entries/${proposal_id}/approve`, { body: { note } });
  }
}

/** The catalogue, a column being made, and the table that names one. */
export async function catalogueScreens(world, language) {
  const say = (zh, en) => label(language, zh, en);
  if (language === "zh-CN") await fillCatalogue(world);
  const page = await enter(world, language, { role: "rule_maker", hash: "rules/catalogue" });
  await page.locator(".entries > li").first().waitFor();
  await picture(page, "console-catalogue", language);
  await page.getByRole("button", { name: say("新增列", "New column") }).click();
  const form = page.getByRole("form", { name: say("新增列", "New column") });
  await form.getByLabel(say("代号", "Key"), { exact: true }).fill("hours_since_positive_test");
  await form.getByLabel(say("计入哪些", "Which of them count")).selectOption({ label: say("结果", "Result") });
  await form.getByLabel(say("阳性 positive", "Positive positive")).check();
  await picture(page, "console-catalogue-column", language);
  await page.goto(`${world.server.staffUrl}/#rules`);
  await page.getByRole("button", { name: say("新建草案", "New draft") }).click();
  await page.getByLabel(say("理由（记录在案）", "Why (kept on record)")).fill(say("48小时内阴性可通行", "Pass with a negative test of the last 48 hours"));
  await page.getByRole("button", { name: say("新建草案", "New draft") }).click();
  await page.getByText(say("表格无误", "No faults")).waitFor();
  await page.getByLabel(say("添加目录中的列…", "Add a column of the catalogue…")).selectOption("hours_since_negative_test");
  await page.getByLabel(/^A1, /).last().waitFor();
  const column = page.locator("table.sheet th").filter({ hasText: "hours_since_negative_test" });
  await column.evaluate((head) => head.scrollIntoView({ inline: "center", block: "nearest" }));
  await picture(page, "console-catalogue-table", language);
  await page.context().close();
  const phone = await enter(world, language, { role: "rule_approver", hash: "rules/catalogue", viewport: PHONE });
  await phone.locator(".entries > li").first().waitFor();
  await picture(phone, "console-p-catalogue", language);
  await phone.context().close();
}

/** Sixty people whose exemption ends in the same hour, a file twice, and two sources. */
export async function fillHolds({ district, server }) {
  await district.as("data_desk")("enclosures/import", { body: ENCLOSURES, type: "text/csv" });
  const [home] = (await district.as("data_desk")("enclosures?prefix=440310004001")).items;
  const now_ms = Date.parse((await district.time()).now);
  const at = (minutes) => new Date(now_ms + minutes * 60_000).toISOString();
  for (let n = 1; n <= MANY; n++) {
    const { person_id } = await district.enter("住户", residentNumber(n, "19690404"), home);
    const body = { kind: "exemption", from: at(-60), to: at(65), approvals: 2, source: "指挥部" };
    await district.as("team_doctor")(`people/${person_id}/facts`, { body });
  }
  const rows = (name) => Array.from({ length: MANY }, (_, n) => `resident_id,${residentNumber(n + 1, "19690505")},${name},,420100,verified,H1,,,,,\n`);
  for (const name of ["张三", "李四"]) {
    const body = HEADER + rows(name).join("");
    await district.as("data_desk")("registry-imports?source=police&create=true", { body, type: "text/csv" });
  }
  for (const [source, every_hours, note] of [["疾控中心", 24, "每日一报"], ["公安核验", 12, "每日两次"]]) {
    await district.as("data_desk")("sources/rhythm", { body: { source, every_hours, note }, method: "POST" });
  }
  // The next look ahead is half a minute after the last.
  await setClock(server, now_ms + 60_000);
}

/** What waits, and a decision about it. */
export async function holdsScreens(world, language) {
  const say = (zh, en) => label(language, zh, en);
  if (language === "zh-CN") await fillHolds(world);
  const page = await enter(world, language, { role: "data_desk", hash: "holds" });
  const line = page.locator("li").filter({ hasText: "金龟社区" }).first();
  await line.waitFor();
  await picture(page, "console-holds", language);
  await page.context().close();
  const phone = await enter(world, language, { role: "rule_approver", hash: "holds", viewport: PHONE });
  const hold = phone.locator("li").filter({ hasText: "金龟社区" }).first();
  await hold.getByRole("button", { name: say("保持原来的颜色", "Keep the old colours") }).click();
  await hold.scrollIntoViewIfNeeded();
  await picture(phone, "console-p-holds-more", language);
  await phone.context().close();
}
