/** Pictures of the field app: a grid worker's phone and a lead's. */
import { openPage, PHONE } from "../lib/browser.mjs";
import { residentNumber } from "../lib/district.mjs";
import { label, picture } from "../lib/pictures.mjs";

/** Doors for a worker, with a household and somebody who is not at home. */
async function doors(world, language) {
  const offset = language === "en" ? 40 : 0;
  const at = (address, name, n, birth) => world.district.enterAt(address, name, residentNumber(n + offset, birth));
  const block = language === "en" ? "9栋" : "8栋";
  await at(`${block}1单元1504`, "周建国", 801, "19580312");
  await at(`${block}1单元1504`, "吴桂芳", 802, "19600725");
  await at(`${block}1单元302`, "郑小雨", 803, "19910101");
  await at(`${block}1单元305`, "冯大伟", 804, "19850606");
  await at(`${block}2单元601`, "陈思思", 805, "19930909");
}

/** A worker's phone: the PIN, the doors, one of them, nobody home, a conflict; a lead's. */
export async function fieldScreens(world, language) {
  const say = (zh, en) => label(language, zh, en);
  await doors(world, language);
  const page = await openPage(world.browser, { language, viewport: PHONE, deviceScaleFactor: 1.5 });
  const enter = async (role) => {
    const { username, password } = world.district.accounts[role];
    await page.goto(`${world.server.staffUrl}/field/`);
    await page.getByLabel(say("用户名", "User name")).fill(username);
    await page.getByLabel(say("密码", "Password")).fill(password);
    await page.getByRole("button", { name: say("登录", "Sign in") }).click();
    await page.getByLabel(say("6 位数字口令", "PIN, six digits")).waitFor();
  };
  const setPin = async () => {
    await page.getByLabel(say("6 位数字口令", "PIN, six digits")).fill("270316");
    await page.getByLabel(say("再输一次", "The same again")).fill("270316");
    await page.getByRole("button", { name: say("设置并开始", "Set and begin") }).click();
  };
  const list = () => page.getByRole("heading", { level: 1, name: say("今日上门", "Today's doors") }).waitFor();
  await enter("grid_worker");
  await picture(page, "field-pin", language);
  await setPin();
  await page.locator("a.stop", { hasText: "1-1504" }).last().waitFor();
  await picture(page, "field-doors", language);
  await page.getByRole("button", { name: say("楼栋图", "Buildings") }).click();
  await page.locator(".plan").first().waitFor();
  await picture(page, "field-plan", language);
  await page.getByRole("button", { name: say("楼栋图", "Buildings") }).click();
  await page.locator("a.stop", { hasText: "1-1504" }).last().click();
  await page.getByRole("button", { name: say("全家 2 人", "All 2") }).click();
  await page.getByRole("button", { name: say("旅居、健康", "Travel, health") }).first().click();
  await picture(page, "field-door", language);
  await page.getByRole("button", { name: say("药品", "Medicine") }).first().scrollIntoViewIfNeeded();
  await page.getByRole("button", { name: say("药品", "Medicine") }).first().click();
  await page.evaluate(() => scrollBy(0, 300));
  await picture(page, "field-door-more", language);
  await page.getByRole("button", { name: say("保存（2 人）", "Save (2)") }).click();
  await list();
  await page.locator("a.stop", { hasText: "1-305" }).last().click();
  await page.getByRole("button", { name: say("无人在家", "Nobody home") }).click();
  await page.getByRole("button", { name: say("上班未归", "At work") }).click();
  await picture(page, "field-nobody", language);
  await page.getByRole("button", { name: say("保存，改约再来", "Save, come again") }).click();
  await list();
  await page.locator("a.stop", { hasText: "2-601" }).last().click();
  await page.getByRole("button", { name: say("登记新住户", "Add a newcomer") }).click();
  await page.getByLabel(say("姓名", "Name"), { exact: true }).fill(say("陈小满", "Chen Xiaoman"));
  await page.locator("input[type=file]").setInputFiles({ name: "face.png", mimeType: "image/png", buffer: world.portrait });
  await picture(page, "field-newcomer", language);
  await page.keyboard.press("Escape");
  await page.context().setOffline(true);
  await page.getByRole("link", { name: say("今日上门", "Today's doors") }).first().click();
  await page.locator("a.stop", { hasText: "1-302" }).last().click();
  await page.getByRole("button", { name: say("旅居、健康", "Travel, health") }).click();
  await page.getByLabel(say("更正门牌", "Correct the address")).fill(`${language === "en" ? "9栋" : "8栋"}1单元304`);
  await page.getByRole("button", { name: say("已核已入住", "Verified and moved in"), exact: true }).click();
  const number = residentNumber(803 + (language === "en" ? 40 : 0), "19910101");
  await world.district.correctAddress(number, `${language === "en" ? "9栋" : "8栋"}1单元306`);
  await page.getByRole("button", { name: say("保存（1 人）", "Save (1)") }).click();
  await page.locator(".sync-offline").waitFor();
  await picture(page, "field-offline", language);
  await page.context().setOffline(false);
  await page.getByRole("link", { name: say("需要您处理", "need your decision") }).click();
  await page.locator(".issue").waitFor();
  await picture(page, "field-conflict", language);
  await page.context().close();
  await leadScreens(world, language);
}

async function leadScreens(world, language) {
  const say = (zh, en) => label(language, zh, en);
  const page = await openPage(world.browser, { language, viewport: PHONE, deviceScaleFactor: 1.5 });
  const { username, password } = world.district.accounts.community_lead;
  await page.goto(`${world.server.staffUrl}/field/`);
  await page.getByLabel(say("用户名", "User name")).fill(username);
  await page.getByLabel(say("密码", "Password")).fill(password);
  await page.getByRole("button", { name: say("登录", "Sign in") }).click();
  await page.getByLabel(say("6 位数字口令", "PIN, six digits")).fill("270316");
  await page.getByLabel(say("再输一次", "The same again")).fill("270316");
  await page.getByRole("button", { name: say("设置并开始", "Set and begin") }).click();
  await page.locator("label.lead-stop").first().waitFor();
  for (const box of (await page.getByRole("checkbox").all()).slice(0, 2)) await box.check();
  await picture(page, "field-lead", language);
  await page.getByRole("button", { name: say("分派所选", "Assign the chosen") }).click();
  await page.locator("dialog .choice").first().waitFor();
  await picture(page, "field-assign", language);
  await page.context().close();
}
