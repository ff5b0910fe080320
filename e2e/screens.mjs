/**
 * Pictures of every screen, in both languages, into docs/screens.
 *
 * On a server of its own with a simulated clock: a small synthetic district is loaded, an hour of a
 * March morning in 2020 passes at its gates, then a browser walks through the apps.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DESKTOP, openBrowser, openPage, PHONE } from "./lib/browser.mjs";
import { setClock } from "./lib/clock.mjs";
import { enterDistrict, residentNumber, shownCode } from "./lib/district.mjs";
import { folder, label, picture, taken } from "./lib/pictures.mjs";
import { drawPortrait } from "./lib/portrait.mjs";
import { startServer } from "./lib/server.mjs";
import { fieldScreens } from "./screens/field.mjs";
import { catalogueScreens, holdsScreens } from "./screens/lab.mjs";
import { appealScreens, riskScreens, traditionalScreens } from "./screens/own.mjs";
import { writeIndex } from "./screens/index.mjs";
import { responseScreens } from "./screens/response.mjs";
import { gateScreens, person } from "./screens/gate.mjs";
import { apply } from "./specs/pass.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const sim = process.env.GRIDPASS_SIM_BIN ?? join(root, "target/debug/gridpass-sim");
const START = "2020-03-06T07:30:00+08:00";
const LANGUAGES = ["zh-CN", "en"];

const run = (...args) => promisify(execFile)(sim, args, { cwd: root, maxBuffer: 1 << 26 });

/** An hour of scans, more towards eight o'clock; now and then somebody turns red. */
async function anHour({ server, district }, state) {
  const start_ms = Date.parse(START);
  const [red, held] = [new Set(), new Set()];
  await setClock(server, start_ms);
  const guards = new Map();
  for (const gate of state.gates) guards.set(gate, await district.onDuty(gate));
  for (let minute = 0; minute < 60; minute++) {
    const now_ms = start_ms + minute * 60_000;
    await setClock(server, now_ms);
    if (minute % 9 === 8) {
      const phone = state.phones[(minute * 7) % state.phones.length];
      await district.quarantinePerson(Number(phone.token.split(".")[1]));
      red.add(phone);
    }
    const scans = Math.round(14 + 30 * Math.sin((Math.PI * (minute + 8)) / 76) ** 2 + 5 * Math.sin(minute * 1.7));
    const sent = Array.from({ length: scans }, (_, i) => {
      const phone = state.phones[(minute * 37 + i * 11) % state.phones.length];
      // Who was held at one gate does not try the next.
      if (held.has(phone)) return { ok: true };
      if (red.has(phone)) held.add(phone);
      // Few gates carry most of the morning.
      const gate = state.gates[Math.floor(state.gates.length * (((i * 0.618 + minute * 0.377) % 1) ** 1.8))];
      return fetch(`${server.staffUrl}/api/v1/scans`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${guards.get(gate)}` },
        body: JSON.stringify({ pass_serial: phone.serial, direction: i % 3 ? "in" : "out", at: new Date(now_ms + i * 7).toISOString() }),
      });
    });
    const refused = (await Promise.all(sent)).find((answer) => !answer.ok);
    if (refused) throw new Error(`scan: ${refused.status} ${await refused.text()}`);
  }
}

async function passScreens(world, language) {
  const { browser, server } = world;
  const offset = language === "en" ? 40 : 0;
  const page = await openPage(browser, { language, viewport: PHONE, deviceScaleFactor: 1.5 });
  const say = (zh, en) => label(language, zh, en);
  await page.goto(server.publicUrl);
  await page.getByLabel(say("姓名", "Name"), { exact: true }).fill("刘德全");
  await page.getByLabel(say("证件号码", "Document number")).fill("440399196503140016");
  await page.getByLabel(say("手机号", "Mobile number")).fill("13800138000");
  await page.getByRole("button", { name: say("获取验证码", "Send me a code") }).click();
  await page.getByText(say("验证码已发送", "A code went to")).waitFor();
  await page.getByLabel(say("短信验证码", "Code from the text message")).fill(await shownCode(server, "13800138000"));
  await picture(page, "pass-apply", language);
  const number = residentNumber(501 + offset, "19650314");
  await page.getByLabel(say("证件号码", "Document number")).fill(number);
  await page.getByLabel(say("住在", "Where you live")).fill("金地朗悦花园");
  await page.waitForTimeout(500);
  await page.getByRole("button", { name: say("领取通行证", "Get my pass") }).click();
  await page.locator("[data-code]").waitFor();
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.locator(".portrait").click()]);
  await chooser.setFiles({ name: "me.png", mimeType: "image/png", buffer: world.portrait });
  await page.locator(".portrait img").waitFor();
  await picture(page, "pass-yellow", language);
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await picture(page, "pass-yellow-more", language);
  const renew = page.getByRole("button", { name: say("更新", "Update"), exact: true });
  await world.district.verify(number);
  await renew.click();
  await page.locator(".sign.on-green").waitFor();
  await page.locator("[data-code]").waitFor();
  await picture(page, "pass-green", language);
  await page.getByRole("button", { name: say("大字版", "Large type") }).click();
  await page.locator("[data-code]").waitFor();
  await picture(page, "pass-green-large", language);
  await page.getByRole("button", { name: say("标准版", "Normal type") }).click();
  await world.district.quarantine(number);
  await renew.click();
  await page.locator(".sign.on-red").waitFor();
  await page.locator("[data-code]").waitFor();
  await picture(page, "pass-red", language);
  await replacedScreens(world, language, { name: "刘德全", number });
  await renew.click();
  await page.getByRole("alert").filter({ hasText: /\S/ }).waitFor();
  await picture(page, "pass-replaced", language);
  await page.context().close();
}

/** The same person applies on another phone, and reads the notice. */
async function replacedScreens(world, language, { name, number }) {
  const page = await openPage(world.browser, { language, viewport: PHONE, deviceScaleFactor: 1.5 });
  const say = (zh, en) => label(language, zh, en);
  await apply(page, world.server, { name, number, language, look: /红证|Red/ });
  await page.getByRole("button", { name: say("通知", "Notices") }).click();
  await page.locator("h2:focus").waitFor();
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await picture(page, "pass-notices-more", language);
  await page.context().close();
}

/** Everything around the pass, as a mother with a child sees it. */
async function residentScreens(world, language) {
  const { server, district } = world;
  const offset = language === "en" ? 40 : 0;
  const page = await openPage(world.browser, { language, viewport: PHONE, deviceScaleFactor: 1.5 });
  const say = (zh, en) => label(language, zh, en);
  const open = async (name) => {
    await page.goto(`${server.publicUrl}/my/#${name}`);
    await page.waitForLoadState("networkidle");
  };
  const number = residentNumber(701 + offset, "19880618");
  await apply(page, server, { name: "周敏", number, language });
  await district.verify(number);
  await district.scan(number);
  await open("family");
  for (const [name, child] of [
    ["周大宝", residentNumber(71 + offset, "20121212")],
    ["周小宝", residentNumber(72 + offset, "20180808")],
  ]) {
    await page.getByRole("button", { name: say("添加家人", "Add a relative") }).click();
    await page.getByLabel(say("姓名", "Name"), { exact: true }).fill(name);
    await page.getByLabel(say("证件号码", "Document number"), { exact: true }).fill(child);
    if (name === "周大宝") await picture(page, "my-family-add", language);
    await page.getByRole("button", { name: say("添加", "Add"), exact: true }).click();
    await page.getByText(say(`${name}的通行证已在本机`, `${name}'s pass is on this phone`)).waitFor();
  }
  await picture(page, "my-family", language);
  await open("home");
  await picture(page, "my-home", language);
  await open("declare");
  const form = page.getByRole("form", { name: "周敏" });
  await form.getByLabel(say("从外地来到", "Came here")).check();
  await form.getByLabel(say("城市或地点", "City or place")).fill("长沙");
  await picture(page, "my-declare", language);
  await open("why");
  await picture(page, "my-why", language);
  await open("data");
  await picture(page, "my-data", language);
  await open("notice");
  await picture(page, "my-notice", language);
  await open("install");
  await picture(page, "my-install", language);
  await open("print");
  await page.getByLabel("周小宝").check();
  await page.getByRole("button", { name: say("生成纸质证", "Make the paper") }).click();
  await page.getByRole("article").waitFor();
  await page.getByRole("article").scrollIntoViewIfNeeded();
  await picture(page, "my-print-more", language);
  await page.goto(server.publicUrl);
  await page.getByRole("button", { name: say("出示家人的证", "Show the family's passes") }).click();
  await page.locator("[data-family]").first().waitFor();
  await page.locator(".cards").scrollIntoViewIfNeeded();
  await picture(page, "pass-family-more", language);
  await page.context().close();
}

async function consoleScreens(world, language) {
  const say = (zh, en) => label(language, zh, en);
  const page = await openPage(world.browser, { language, viewport: DESKTOP });
  const signIn = async ({ username, password }) => {
    await page.getByLabel(say("用户名", "User name")).fill(username);
    await page.getByLabel(say("密码", "Password")).fill(password);
    await page.getByRole("button", { name: say("登录", "Sign in") }).click();
    await page.locator("svg.hexes").waitFor();
    await page.waitForTimeout(1500);
  };
  await page.goto(world.server.staffUrl);
  await page.getByLabel(say("用户名", "User name")).waitFor();
  await picture(page, "console-sign-in", language);
  await signIn(world.district.accounts.team_doctor);
  await picture(page, "console-live", language);
  await page.getByRole("radio", { name: say("黄证率", "Yellow share") }).click();
  await page.getByRole("button", { name: /^坪山街道/ }).press("Enter");
  await page.getByRole("heading", { level: 1, name: "坪山街道" }).waitFor();
  await page.locator("svg.hexes").waitFor();
  await page.waitForTimeout(1000);
  await picture(page, "console-subdistrict", language);
  await page.getByRole("radio", { name: say("表格", "Table") }).click();
  await picture(page, "console-table", language);
  await page.getByRole("button", { name: say("退出", "Sign out") }).click();
  await signIn(world.district.accounts.data_desk);
  await picture(page, "console-data-desk", language);
  await page.setViewportSize(PHONE);
  await picture(page, "console-phone", language);
  await page.getByRole("button", { name: say("菜单", "Menu") }).click();
  await picture(page, "console-p-menu", language);
  await page.context().close();
}

/** Somebody in quarantine, with what the record page has to show. */
async function quarantined(world, name, number) {
  await person(world, name, number, "green");
  for (const _ of [1, 2]) await world.district.scan(number);
  await world.district.quarantine(number);
}

/** The pages of the response team, its second person, the administrator and the privacy officer. */
async function officeScreens(world, language) {
  const say = (zh, en) => label(language, zh, en);
  const offset = language === "en" ? 40 : 0;
  const number = residentNumber(701 + offset);
  await quarantined(world, say("孙丽华", "郑国强"), number);
  const page = await openPage(world.browser, { language, viewport: DESKTOP });
  const enter = async (role, name) => {
    const { username, password } = role === "admin" ? world.server.admin : world.district.accounts[role];
    await page.goto("about:blank");
    await page.goto(`${world.server.staffUrl}/#${name}`);
    await page.evaluate(() => sessionStorage.clear());
    await page.reload();
    await page.getByLabel(say("用户名", "User name")).fill(username);
    await page.getByLabel(say("密码", "Password")).fill(password);
    await page.getByRole("button", { name: say("登录", "Sign in") }).click();
    await page.locator(".top h1").waitFor();
    await page.waitForTimeout(800);
  };
  const find = async () => {
    await page.getByLabel(say("号码", "Number"), { exact: true }).last().fill(number);
    await page.getByRole("button", { name: say("查找", "Find"), exact: true }).last().click();
    await page.locator(".person-card img").last().waitFor();
  };
  await enter("team_doctor", "people");
  await find();
  await page.waitForTimeout(800);
  await picture(page, "console-person", language);
  await page.getByRole("button", { name: say("紧急查看", "Break glass") }).click();
  await picture(page, "console-break-glass", language);
  await page.keyboard.press("Escape");
  await enter("team_doctor", "quarantine");
  await picture(page, "console-quarantine", language);
  await page.getByRole("button", { name: say("延长", "Extend") }).first().click();
  await picture(page, "console-extend", language);
  await page.keyboard.press("Escape");
  await enter("team_doctor", "red");
  await find();
  await picture(page, "console-red", language);
  await proposedOnce(world, language);
  await enter("team_police", "red");
  await page.setViewportSize(PHONE);
  await picture(page, "console-p-confirm", language);
  await page.setViewportSize(DESKTOP);
  await enter("privacy_officer", "supervision");
  await page.getByRole("radio", { name: say("审计日志", "Audit log") }).click();
  await page.locator("tbody tr").first().waitFor();
  await picture(page, "console-audit", language);
  await enter("admin", "staff");
  await page.getByRole("button", { name: say("新建账号", "New account") }).click();
  await page.getByRole("combobox", { name: say("管辖区划", "Place") }).focus();
  await picture(page, "console-accounts", language);
  await page.context().close();
}

/** Something for the second person to decide. */
async function proposedOnce(world, language) {
  if (language !== LANGUAGES[0]) return;
  await person(world, "王桂英", residentNumber(761), "green");
  await world.district.propose(residentNumber(761));
}

/** The rule lab: a change that lets people of a fine registry record pass while their address is checked. */
async function rulesScreens(world, language) {
  const say = (zh, en) => label(language, zh, en);
  const page = await openPage(world.browser, { language, viewport: DESKTOP });
  const { username, password } = world.district.accounts.rule_maker;
  await page.goto(`${world.server.staffUrl}/#rules`);
  await page.getByLabel(say("用户名", "User name")).fill(username);
  await page.getByLabel(say("密码", "Password")).fill(password);
  await page.getByRole("button", { name: say("登录", "Sign in") }).click();
  await page.locator(".versions li").first().waitFor();
  await page.getByRole("button", { name: say("新建草案", "New draft") }).click();
  await page.getByLabel(say("理由（记录在案）", "Why (kept on record)")).fill(say("住址待核期间先放行", "Let people pass while their address is checked"));
  await page.getByRole("button", { name: say("新建草案", "New draft") }).click();
  await page.getByText(say("表格无误", "No faults")).waitFor();
  await page.getByLabel(`A13, ${say("颜色", "Colour")}`).selectOption("green");
  await page.getByLabel(`A13, ${say("健康", "Health")}`).selectOption("not(fever)");
  await page.getByLabel(`A12, ${say("复工", "Employment")}`).selectOption("-");
  await page.locator(".row-fault").first().waitFor();
  await page.getByRole("button", { name: say("处错误", "faults") }).click();
  await picture(page, "console-rules-faults", language);
  await page.getByRole("button", { name: say("撤销", "Undo") }).click();
  await page.getByText(say("表格无误", "No faults")).waitFor();
  await page.locator("table.sheet").evaluate((table) => table.closest(".scroll").scrollTo(0, 1000));
  await picture(page, "console-rules-table", language);
  await page.getByRole("button", { name: say("保存", "Save"), exact: true }).click();
  await page.getByRole("button", { name: say("放弃未保存的修改", "Discard changes") }).waitFor({ state: "detached" });
  await page.getByRole("link", { name: say("用例", "Cases") }).click();
  await page.locator(".cases .failing").first().waitFor();
  await picture(page, "console-rules-cases", language);
  await page.getByRole("link", { name: say("版本差异", "Differences") }).click();
  await page.locator(".diff li").first().waitFor();
  await picture(page, "console-rules-changes", language);
  await page.getByRole("link", { name: say("回测与影响", "Back-test and impact") }).click();
  await page.getByRole("button", { name: say("开始回测", "Start a back-test") }).click();
  await page.locator("[data-count=changed]").waitFor();
  await picture(page, "console-rules-impact", language);
  await page.getByRole("link", { name: say("返回规则", "Back to rules") }).click();
  await picture(page, "console-rules", language);
  await page.setViewportSize(PHONE);
  await page.locator(".versions a").first().click();
  await page.locator("table.sheet").waitFor();
  await picture(page, "console-p-rules", language);
  await page.context().close();
}

const PARTS = {
  pass: passScreens,
  resident: residentScreens,
  appeals: appealScreens,
  traditional: traditionalScreens,
  gate: gateScreens,
  field: fieldScreens,
  response: responseScreens,
  console: consoleScreens,
  office: officeScreens,
  risk: riskScreens,
  rules: rulesScreens,
  catalogue: catalogueScreens,
  holds: holdsScreens,
};
/** Those named on the command line, or all. */
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(PARTS);

const work = await mkdtemp(join(tmpdir(), "gridpass-screens-"));
// The first account is made by the same clock, or its grant would begin in the future.
const server = await startServer([], ["--simulated-clock", START]);
const browser = await openBrowser();
try {
  await mkdir(folder, { recursive: true });
  const stateFile = join(work, "district.json");
  const at = ["--public", server.publicUrl, "--staff", server.staffUrl];
  const admin = ["--admin", server.admin.username, "--admin-password", server.admin.password];
  await run("load", ...at, ...admin, "--scale", "0.02", "--state", stateFile);
  await run("enrol", "--state", stateFile, "--count", "120", "--families");
  const state = JSON.parse(await readFile(stateFile, "utf8"));
  const world = { server, browser, portrait: await drawPortrait(browser), district: await enterDistrict(server) };
  await anHour(world, state);
  await world.district.signInAgain();
  for (const language of LANGUAGES) for (const name of wanted) await PARTS[name](world, language);
  await writeIndex();
  console.log(`${taken.length} pictures in docs/screens`);
} finally {
  await browser.close();
  await server.end();
  await rm(work, { recursive: true, force: true });
}
