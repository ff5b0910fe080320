/** Pictures of appeals from the phone, of the list of risk areas, and of what reads Traditional Chinese. */
import { DESKTOP, openPage, PHONE } from "../lib/browser.mjs";
import { residentNumber } from "../lib/district.mjs";
import { label, picture } from "../lib/pictures.mjs";
import { apply } from "../specs/pass.mjs";
import { applyAs, nextPhone } from "../specs/resident.mjs";
import { WORDS_OF_HONG_KONG } from "../specs/languages.mjs";

const phone = (world, language) => openPage(world.browser, { language, viewport: PHONE, deviceScaleFactor: 1.5 });

/** Somebody's appeal, from the explanation of the colour to the answer. */
export async function appealScreens(world, language) {
  const { server, district } = world;
  const page = await phone(world, language);
  const say = (zh, en) => label(language, zh, en);
  const open = async (name) => {
    await page.goto(`${server.publicUrl}/my/#${name}`);
    await page.waitForLoadState("networkidle");
  };
  await district.setPhone("440310", "0755-28220000");
  // The phone's clock is the district's, or every deadline would have passed long ago.
  await page.clock.setFixedTime((await district.time()).now);
  const number = residentNumber(language === "en" ? 782 : 781, "19790909");
  await apply(page, server, { name: "林淑芬", number, language });
  await open("why");
  await page.getByRole("button", { name: say("以前的颜色", "Earlier colours") }).click();
  await page.waitForLoadState("networkidle");
  await picture(page, "my-why-before", language);
  await page.getByRole("link", { name: say("我有异议，申诉", "This is wrong: appeal") }).click();
  await page.getByLabel(say("请说明情况", "What happened")).fill(say("我一直住在这里，有租房合同。", "I have lived here all the time; here is my lease."));
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByText(say("添加照片或PDF", "Add a photo or PDF")).click()]);
  await chooser.setFiles({ name: "lease.png", mimeType: "image/png", buffer: world.portrait });
  await page.locator(".files img").waitFor();
  await picture(page, "my-object", language);
  await page.getByRole("button", { name: say("提交申诉", "Send the appeal") }).click();
  await page.getByRole("button", { name: say("撤回申诉", "Withdraw the appeal") }).waitFor();
  await picture(page, "my-appeal", language);
  await deskScreens(world, language);
  await district.decideAppeal(number, "visit_ordered", "合同已收到，网格员明天上门核实。");
  await page.reload();
  await page.locator(".stand.granted").waitFor();
  await picture(page, "my-appeal-answered", language);
  await open("appeals");
  await picture(page, "my-appeals", language);
  await page.context().close();
}

/** The same appeal where it is answered. */
async function deskScreens(world, language) {
  const say = (zh, en) => label(language, zh, en);
  const page = await openPage(world.browser, { language, viewport: DESKTOP });
  const { username, password } = world.district.accounts.community_lead;
  await page.goto(`${world.server.staffUrl}/#appeals`);
  await page.getByLabel(say("用户名", "User name")).fill(username);
  await page.getByLabel(say("密码", "Password")).fill(password);
  await page.getByRole("button", { name: say("登录", "Sign in") }).click();
  await page.getByRole("radio", { name: say("全部", "All") }).click();
  const line = page.locator("li.appeal").filter({ hasText: "林淑芬" }).last();
  await line.waitFor();
  await picture(page, "console-appeals", language);
  await line.getByRole("link").first().click();
  await page.locator(".appeal-said").waitFor();
  await picture(page, "console-appeal", language);
  await page.context().close();
}

export async function riskScreens(world, language) {
  const say = (zh, en) => label(language, zh, en);
  const page = await openPage(world.browser, { language, viewport: DESKTOP });
  await page.clock.setFixedTime((await world.district.time()).now);
  await world.district.setRiskAreas([
    { area_code: "4201", name_zh: "武汉市", name_en: "Wuhan", since: "2020-01-20", until: null },
    { area_code: "4208", name_zh: "荆门市", name_en: "Jingmen", since: "2020-01-24", until: null },
    { area_code: "3303", name_zh: "温州市", name_en: "Wenzhou", since: "2020-01-25", until: "2020-02-28" },
  ]);
  const { username, password } = world.district.accounts.data_desk;
  await page.goto(`${world.server.staffUrl}/#risk`);
  await page.getByLabel(say("用户名", "User name")).fill(username);
  await page.getByLabel(say("密码", "Password")).fill(password);
  await page.getByRole("button", { name: say("登录", "Sign in") }).click();
  await page.getByText(say("温州市", "Wenzhou")).first().waitFor();
  await picture(page, "console-risk", language);
  await page.context().close();
}

/** A few pages in Traditional Chinese; once, as it is one language. */
export async function traditionalScreens(world, language) {
  if (language !== "zh-CN") return;
  const page = await phone(world, "zh-HK");
  await page.goto(world.server.publicUrl);
  await page.getByLabel("證件號碼").waitFor();
  await picture(page, "pass-apply", "zh-Hant");
  await applyAs(page, world.server, { name: "歐陽嘉欣", number: "H12345679", type: "home_return_permit", phone: nextPhone(), words: WORDS_OF_HONG_KONG });
  await picture(page, "pass-yellow", "zh-Hant");
  for (const name of ["home", "why", "notice"]) {
    await page.goto(`${world.server.publicUrl}/my/#${name}`);
    await page.waitForLoadState("networkidle");
    await picture(page, `my-${name}`, "zh-Hant");
  }
  await page.context().close();
}
