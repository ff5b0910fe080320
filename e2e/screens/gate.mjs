/** Pictures of the gate: a guard's phone from its enrolment to the hand-over, a tablet, the lead's console. */
import { DESKTOP, openPage, PHONE } from "../lib/browser.mjs";
import { residentNumber } from "../lib/district.mjs";
import { label, picture } from "../lib/pictures.mjs";
import { goOnDuty, PIN } from "../specs/gate.mjs";

const TABLET = { width: 1024, height: 768 };

/** Somebody known at the gate: colour, photo, document number. */
export async function person(world, name, number, colour) {
  const enrolled = await world.district.enrol(name, number, { enclosure_id: world.district.enclosure.enclosure_id });
  await fetch(`${world.server.publicUrl}/api/v1/pass/photo`, {
    method: "PUT",
    headers: { "content-type": "image/png", authorization: `Bearer ${enrolled.holder_token}` },
    body: world.portrait,
  });
  if (colour === "green") await world.district.verify(number);
  if (colour === "red") await world.district.quarantine(number);
}

async function people(world, language) {
  const offset = language === "en" ? 40 : 0;
  const [green, yellow, red, hot] = [601, 602, 603, 604].map((n) => residentNumber(n + offset));
  await person(world, "陈建国", green, "green");
  await person(world, "欧阳娜仁·其其格", yellow, "yellow");
  await person(world, "张伟", red, "red");
  await person(world, "林志远", hot, "green");
  return { green, yellow, red, hot };
}

/** A guard's hands on a page. */
function handsOn(page, say) {
  const type = async (text) => {
    await page.keyboard.type(text);
    await page.keyboard.press("Enter");
  };
  return {
    type,
    scan: async (number, action) => {
      await type(number);
      await page.locator(`[data-action=${action}] img`).waitFor();
    },
    next: () => page.getByRole("button", { name: say("下一位", "Next") }).click(),
    back: () => page.getByRole("button", { name: say("返回扫码", "Back to scanning") }).click(),
    more: async (what) => {
      await page.getByRole("button", { name: say("更多", "More") }).click();
      if (what) await page.getByRole("button", { name: what }).click();
    },
  };
}

/** From the code to the first guard. */
async function beginning({ page, world, language, say }) {
  await page.goto(`${world.server.staffUrl}/gate/`);
  await page.locator("#given").fill(await world.district.deviceCode(say("二号机", "Phone 2")));
  await picture(page, "gate-set-up", language);
  await page.locator("form button.primary").click();
  await page.locator("#username").waitFor();
  await picture(page, "gate-sign-in", language);
  await goOnDuty(page, world.district.accounts.gate_guard);
}

/** One person after the other. */
async function decisions({ page, language, say, numbers }, { scan, next, type }) {
  await scan(numbers.green, "pass");
  await picture(page, "gate-pass", language);
  await next();
  await scan(numbers.yellow, "check");
  await picture(page, "gate-check", language);
  await page.getByRole("button", { name: say("开始核查", "Start the check") }).click();
  await page.getByRole("radio", { name: say("没到过", "No"), exact: true }).click();
  await page.getByRole("checkbox").check();
  await picture(page, "gate-check-form", language);
  await page.getByRole("button", { name: say("通过，放行 12 小时", "Passed, in for 12 h") }).click();
  await page.locator("[data-action=pass]").waitFor();
  await picture(page, "gate-checked", language);
  await next();
  await scan(numbers.red, "stop");
  await picture(page, "gate-stop", language);
  await next();
  await type("38.2");
  await scan(numbers.hot, "stop");
  await page.getByText(say("换一支体温计", "another thermometer")).waitFor();
  await picture(page, "gate-fever", language);
  await next();
  await picture(page, "gate-scan", language);
}

/** The keypad, and what is behind "more". */
async function pages({ page, language, say, numbers }, { type, more, back }) {
  await page.getByRole("button", { name: say("证件号", "Number"), exact: true }).click();
  await page.keyboard.type("440399198001");
  await picture(page, "gate-number", language);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: say("体温", "Temp.") }).click();
  await page.keyboard.type("375");
  await picture(page, "gate-temperature", language);
  await page.keyboard.press("Escape");
  await more();
  await picture(page, "gate-menu", language);
  await page.getByRole("button", { name: say("显示卡口码", "Show the gate code") }).click();
  await page.getByRole("img", { name: say("卡口码", "Gate code") }).waitFor();
  await picture(page, "gate-code", language);
  await back();
  await more(say("多人一起查", "Scan a group"));
  for (const [at, number] of [numbers.green, numbers.yellow, numbers.red].entries()) {
    await type(number);
    await page.locator(".group li").nth(at).waitFor();
  }
  await picture(page, "gate-group", language);
  await page.getByRole("button", { name: say("结束", "Done"), exact: true }).click();
  await page.getByRole("button", { name: say("仍然结束", "End all the same") }).click();
  await more(say("手工登记", "Write down by hand"));
  await page.locator("#name").fill("何国庆");
  await page.locator("#phone").fill("13800138000");
  await picture(page, "gate-register", language);
  await back();
  await more(say("本卡口今天", "This gate today"));
  await page.locator("svg.bars").waitFor();
  await page.getByRole("radio", { name: "20" }).click();
  await picture(page, "gate-board", language);
  await back();
  await more(say("查验纸质证明", "Check a printed paper"));
  await page.locator("#serial").waitFor();
  await picture(page, "gate-paper", language);
  await back();
  // Before the network goes: afterwards the sums are still on their way.
  await more(say("交班", "Hand over"));
  await page.locator(".sums").waitFor();
  await picture(page, "gate-hand-over", language);
  await back();
}

/** The network goes and comes back; the shift ends. */
async function offlineAndOut({ page, world, language, say, numbers }, { type, more, next }) {
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await page.context().setOffline(true);
  await page.reload();
  await page.locator(".pin").waitFor();
  await page.keyboard.type(PIN.slice(0, 3));
  await picture(page, "gate-locked", language);
  await page.keyboard.type(PIN.slice(3));
  await page.locator(".finder").waitFor();
  await type(await world.district.paperPass(numbers.green));
  await page.locator("[data-rung=snapshot],[data-rung=paper]").waitFor();
  await picture(page, "gate-offline", language);
  await next();
  await picture(page, "gate-offline-scan", language);
  await more(say("交班", "Hand over"));
  await page.locator("#relief-name").waitFor();
  await picture(page, "gate-relief", language);
}

/** The same on a tablet that stands at a lane. */
async function tablet({ world, language, say, numbers }) {
  const page = await openPage(world.browser, { language, viewport: TABLET });
  const hands = handsOn(page, say);
  await page.goto(`${world.server.staffUrl}/gate/#code=${await world.district.deviceCode(say("平板", "Tablet"))}`);
  await page.locator("form button.primary").click();
  await goOnDuty(page, world.district.accounts.gate_guard);
  await picture(page, "gate-t-scan", language);
  await hands.scan(numbers.green, "pass");
  await picture(page, "gate-t-pass", language);
  await page.context().close();
}

/** What the community's lead sees of the gate and its devices. */
async function lead({ world, language, say }) {
  const page = await openPage(world.browser, { language, viewport: DESKTOP });
  const { username, password } = world.district.accounts.community_lead;
  await page.goto(`${world.server.staffUrl}/#gates`);
  await page.getByLabel(say("用户名", "User name")).fill(username);
  await page.getByLabel(say("密码", "Password")).fill(password);
  await page.getByRole("button", { name: say("登录", "Sign in") }).click();
  await page.getByRole("searchbox").fill("金地朗悦花园");
  await page.getByRole("link", { name: /东门/ }).first().click();
  await page.locator(".devices li").first().waitFor();
  await picture(page, "console-gates", language);
  await page.getByLabel(say("登记新设备", "Enrol a device")).fill(say("三号通道手机", "Phone at lane 3"));
  await page.getByRole("button", { name: say("生成登记码", "Make a code") }).click();
  await page.locator(".device-code").waitFor();
  await picture(page, "console-device-code", language);
  await page.getByRole("button", { name: say("关闭", "Close") }).click();
  await page.setViewportSize(PHONE);
  await picture(page, "console-p-gates", language);
  await page.context().close();
}

export async function gateScreens(world, language) {
  const page = await openPage(world.browser, { language, viewport: PHONE, deviceScaleFactor: 1.5 });
  const say = (zh, en) => label(language, zh, en);
  const scene = { page, world, language, say, numbers: await people(world, language) };
  const hands = handsOn(page, say);
  await beginning(scene);
  await decisions(scene, hands);
  await pages(scene, hands);
  await offlineAndOut(scene, hands);
  await tablet(scene);
  await lead(scene);
  await page.context().close();
}
