/** Pictures of the response team's phones: alerts, watch, needs, orders, papers; the lead's tabs; the map. */
import { DESKTOP, openPage, PHONE } from "../lib/browser.mjs";
import { residentNumber } from "../lib/district.mjs";
import { estate } from "../lib/estate.mjs";
import { ENGLISH, fromPhone, openTab } from "../lib/field.mjs";
import { label, picture } from "../lib/pictures.mjs";

const SMALL = { width: 360, height: 740 };
const open = (world, language, viewport = PHONE) => openPage(world.browser, { language, viewport, deviceScaleFactor: 1.5 });
const wordsOf = (language) => (language === "en" ? ENGLISH : undefined);

/** People under observation: one well, one who asks for things, one with an alert. */
async function households(world, language) {
  const first = language === "en" ? 851 : 811;
  const names = ["林小梅", "罗志强", "许文静", "邓家豪"];
  const people = [];
  for (const [i, name] of names.entries()) {
    const number = residentNumber(first + i, "19830405");
    const enrolled = await world.district.enrol(name, number, { enclosure_id: world.district.enclosure.enclosure_id });
    await world.district.verify(number);
    if (i < 2) await world.district.quarantine(number);
    people.push({ name, number, token: enrolled.holder_token });
  }
  await fromPhone(world, people[0].token, "checks", { temperature: 36.4 });
  await fromPhone(world, people[1].token, "needs", { kind: "medicine", note: "降压药一盒，口罩两包" });
  await fromPhone(world, people[1].token, "needs", { kind: "food" });
  await fromPhone(world, people[1].token, "openings", { purpose: "rubbish" });
  await world.district.scan(people[2].number, { temperature: 37.9 });
  return people;
}

/** The doctor's phone, page by page. */
export async function responseScreens(world, language) {
  const say = (zh, en) => label(language, zh, en);
  const [watched, , alerted, feverish] = await households(world, language);
  const page = await open(world, language);
  const tab = (name) => page.getByRole("navigation").getByRole("link", { name: new RegExp(`^${name}`) }).click();
  const card = (kind, name) => page.locator(`li.${kind}`, { hasText: name }).first();
  await openTab(page, world, "team_doctor", "alerts", wordsOf(language));
  await card("alert", alerted.name).waitFor();
  await picture(page, "field-alerts", language);
  await card("alert", alerted.name).getByRole("button", { name: say("接警，时间未定", "Accept, time open") }).click();
  await card("alert", alerted.name).getByRole("button", { name: say("已到场", "I am there") }).click();
  await card("alert", alerted.name).getByRole("button", { name: say("办结", "Close"), exact: true }).click();
  await picture(page, "field-outcome", language);
  await page.getByRole("dialog").getByRole("button", { name: say("居家隔离", "Sent home") }).click();
  await page.getByRole("button", { name: say("提出隔离", "Propose quarantine") }).click();
  await page.getByLabel(say("文书号", "Number of the paper")).fill(say("坪隔〔2020〕31号", "PG-2020-0031"));
  await picture(page, "field-order-new", language);
  await page.getByRole("button", { name: say("提出", "Propose"), exact: true }).click();
  await page.getByText(say("已提出", "Proposed; a person")).waitFor();
  await tab(say("观察", "Watch"));
  await card("observed", watched.name).waitFor();
  await picture(page, "field-watch", language);
  await card("observed", watched.name).getByRole("button", { name: say("测温", "Enter") }).click();
  await page.locator(".degrees").waitFor();
  await picture(page, "field-check", language);
  await page.keyboard.press("Escape");
  await card("observed", watched.name).getByRole("button", { name: say("记录", "Diary") }).click();
  await page.locator(".diary-table").waitFor();
  await picture(page, "field-diary", language);
  await page.keyboard.press("Escape");
  await tab(say("需求", "Needs"));
  await page.locator("li.need").first().waitFor();
  await picture(page, "field-needs", language);
  await tab(say("隔离", "Orders"));
  await card("order", watched.name).waitFor();
  await card("order", watched.name).getByRole("button", { name: say("历史", "History") }).click();
  await card("order", watched.name).locator(".steps li").first().waitFor();
  await picture(page, "field-orders", language);
  await card("order", watched.name).getByRole("button", { name: say("延长", "Extend") }).click();
  await picture(page, "field-order-extend", language);
  await page.keyboard.press("Escape");
  await card("order", watched.name).getByRole("button", { name: say("解除", "Release") }).click();
  const dialog = page.getByRole("dialog");
  await picture(page, "field-order-release", language);
  await dialog.getByRole("button", { name: say("医学解除", "Medical discharge") }).click();
  await dialog.getByLabel(say("诊断证明编号", "Number of the discharge paper")).fill(say("诊断〔2020〕0317号", "DX-2020-0317"));
  await dialog.getByRole("button", { name: say("办理医学解除", "Discharge"), exact: true }).click();
  await page.getByRole("button", { name: say("已解除", "Over"), exact: true }).click();
  await card("order", watched.name).getByRole("button", { name: say("出具解除通知书", "Print the notice") }).click();
  await page.getByRole("article").waitFor();
  await picture(page, "field-notice", language);
  await page.getByRole("link", { name: say("返回", "Back") }).click();
  await page.locator("li.order").first().waitFor();
  await picture(page, "field-papers", language);
  await page.context().close();
  await world.district.scan(feverish.number, { temperature: 38.2 });
  await leadScreens(world, language);
  await confirmScreens(world, language);
  await mapScreens(world, language);
}

/** The police officer confirms; the lead has more tabs than a bar holds. */
async function confirmScreens(world, language) {
  const say = (zh, en) => label(language, zh, en);
  const page = await open(world, language, SMALL);
  await openTab(page, world, "team_police", "orders", wordsOf(language));
  await page.locator("li.proposal").first().waitFor();
  await picture(page, "field-confirm", language);
  await page.context().close();
  const lead = await open(world, language, SMALL);
  await openTab(lead, world, "community_lead", "alerts", wordsOf(language));
  await lead.locator("h1").waitFor();
  await lead.getByRole("button", { name: say("更多", "More") }).click();
  await picture(lead, "field-more", language);
  await lead.context().close();
}

/** The lead's pages at the console: what runs out of time, and the map of the community. */
async function leadScreens(world, language) {
  const say = (zh, en) => label(language, zh, en);
  const page = await openPage(world.browser, { language, viewport: DESKTOP });
  const { username, password } = world.district.accounts.community_lead;
  await page.goto(`${world.server.staffUrl}/#response`);
  await page.getByLabel(say("用户名", "User name")).fill(username);
  await page.getByLabel(say("密码", "Password")).fill(password);
  await page.getByRole("button", { name: say("登录", "Sign in") }).click();
  await page.locator(".response-parts").waitFor();
  await picture(page, "console-response", language);
  await page.evaluate(() => (location.hash = "maps"));
  await page.getByRole("combobox", { name: say("区划", "Division"), exact: true }).fill("六联");
  await page.getByRole("option", { name: /六联社区/ }).first().click();
  const buffer = Buffer.from(JSON.stringify(estate(world.district.enclosure.name)));
  await page.locator("input[type=file]").setInputFiles({ name: "map.geojson", mimeType: "application/geo+json", buffer });
  await page.locator(".map-picture").waitFor();
  await picture(page, "console-maps", language);
  await page.context().close();
}

/** A worker's map of the estate. */
async function mapScreens(world, language) {
  const say = (zh, en) => label(language, zh, en);
  await world.district.putMap(estate(world.district.enclosure.name));
  const page = await open(world, language);
  await openTab(page, world, "grid_worker", "stops", wordsOf(language));
  await page.getByRole("button", { name: say("地图", "Map"), exact: true }).click();
  await page.locator(".map-building[role=button]").first().click();
  await picture(page, "field-map", language);
  await page.context().close();
  await world.district.putMap(null);
}
