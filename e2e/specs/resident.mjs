/** The first morning of people who are not alike: old, with children, from abroad, without a phone. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, DESKTOP, openPage, until } from "../lib/browser.mjs";
import { find, fits, openConsole } from "../lib/console.mjs";
import { residentNumber, shownCode } from "../lib/district.mjs";

/** A phone of years ago: narrow, low, slow. */
const OLD_PHONE = { width: 320, height: 568 };
/** Codes for one phone come a minute apart, so everybody here has their own. */
let phones = 0;
export const nextPhone = () => `1370013${String(1000 + ++phones)}`;

export async function applyAs(page, server, { name, number, phone, words = WORDS["zh-CN"], type }) {
  await page.goto(server.publicUrl);
  await page.getByLabel(words.name, { exact: true }).fill(name);
  if (type) await page.getByLabel(words.type).selectOption(type);
  await page.getByLabel(words.number).fill(number);
  await page.getByLabel(words.phone).fill(phone);
  await page.getByRole("button", { name: words.send }).click();
  await page.getByText(words.sent).waitFor();
  await page.getByLabel(words.code).fill(await shownCode(server, phone));
  await page.getByRole("button", { name: words.apply }).click();
  await page.getByRole("heading", { level: 1 }).filter({ hasText: words.yellow }).waitFor();
  await page.locator("[data-code]").waitFor();
}

const WORDS = {
  "zh-CN": {
    name: "姓名",
    type: "证件类型",
    number: "证件号码",
    phone: "手机号",
    send: "获取验证码",
    sent: /验证码已发送/,
    code: "短信验证码",
    apply: "领取通行证",
    yellow: "黄证",
  },
  en: {
    name: "Name",
    type: "Document",
    number: "Document number",
    phone: "Mobile number",
    send: "Send me a code",
    sent: /A code went to/,
    code: "Code from the text message",
    apply: "Get my pass",
    yellow: "Yellow",
  },
};
WORDS.en.type = /^Document$/;

/** Opens a page around the pass by the word in its address. */
export async function openMy(page, server, name, heading) {
  await page.goto(`${server.publicUrl}/my/#${name}`);
  await page.getByRole("heading", { level: 1, name: heading }).waitFor();
}

/** In both sizes of type nothing sticks out and axe finds nothing. */
export async function fitsInBoth(page, what) {
  await fits(page, what);
  await page.getByRole("button", { name: /大字版|Large type/ }).click();
  await fits(page, `${what} in large type`);
  await page.getByRole("button", { name: /标准版|標準版|Normal type/ }).click();
}

export function residentSpecs(world) {
  describe("somebody of eighty with an old phone", () => {
    test("gets the pass in large type and keeps it that way", async () => {
      const page = await openPage(world.browser, { viewport: OLD_PHONE });
      const slow = await page.context().newCDPSession(page);
      await slow.send("Emulation.setCPUThrottlingRate", { rate: 4 });
      await page.goto(world.server.publicUrl);
      // What is typed stays, in large type and in another language.
      await page.getByLabel("姓名", { exact: true }).fill("陈婆婆");
      await page.getByLabel("证件号码").fill("440399");
      await page.getByRole("button", { name: "大字版" }).click();
      assert.equal(await page.getByLabel("姓名", { exact: true }).inputValue(), "陈婆婆");
      await page.getByRole("button", { name: "English" }).click();
      await page.getByRole("heading", { level: 1, name: "Get your pass" }).waitFor();
      assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "陈婆婆");
      assert.equal(await page.getByLabel("Document number").inputValue(), "440399");
      await page.getByText(/you agree to the privacy notice, version \d/).waitFor();
      await page.getByRole("button", { name: "简体中文" }).click();
      await page.getByRole("heading", { level: 1, name: "领取电子通行证" }).waitFor();
      await applyAs(page, world.server, { name: "陈婆婆", number: residentNumber(871, "19400203"), phone: nextPhone() });
      await fits(page, "the pass of an old phone in large type");
      await page.getByRole("button", { name: "放大" }).click();
      const side = await page.locator("[data-code]").evaluate((code) => code.getBoundingClientRect().width);
      assert.ok(side > 280, `the code fills the screen: ${side}`);
      await fits(page, "the code as large as the screen");
      await page.getByRole("button", { name: "放大" }).click();
      await page.getByRole("link", { name: "更多服务" }).click();
      await page.getByRole("heading", { level: 1, name: "我的服务" }).waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.classList.contains("elder")), true);
      await fits(page, "the services in large type");
      await closePage(page);
    });
  });

  describe("somebody who left the home empty", () => {
    test("is asked where the grid worker finds them, and says it", async () => {
      const page = await openPage(world.browser, { viewport: { width: 360, height: 780 } });
      await applyAs(page, world.server, { name: "方志强", number: residentNumber(896), phone: nextPhone() });
      await page.getByRole("link", { name: "填写住址，网格员才能上门核实" }).click();
      await page.getByRole("heading", { level: 1, name: "住在哪里" }).waitFor();
      await page.getByRole("button", { name: "提交" }).click();
      await page.getByText("请填写小区、村或宿舍").waitFor();
      await page.getByLabel("小区、村或宿舍").fill("没有这个小区");
      await page.getByText("没有找到这个名称。请换一个叫法，或致电社区。").waitFor();
      await fitsInBoth(page, "where somebody lives, with faults");
      await page.getByLabel("小区、村或宿舍").fill("金地");
      await page.locator("#estates option").first().waitFor({ state: "attached" });
      await page.getByLabel("小区、村或宿舍").fill("金地朗悦花园");
      await page.getByLabel("楼栋和房号").fill("3栋1202");
      await page.getByRole("button", { name: "提交" }).click();
      await page.getByText("已收到，网格员会按这个住址上门。").waitFor();
      await openMy(page, world.server, "data", "我的信息");
      await page.getByText("3栋1202").waitFor();
      await page.getByRole("heading", { name: /出示过通行证的手机/ }).waitFor();
      await fitsInBoth(page, "my data with all its parts");
      await page.goto(world.server.publicUrl);
      await page.locator("[data-code]").waitFor();
      await page.getByText("数据刚刚更新").waitFor();
      assert.equal(await page.getByRole("link", { name: "填写住址，网格员才能上门核实" }).count(), 0);
      await closePage(page);
    });
  });

  describe("a mother with three children", () => {
    let page;
    const phone = nextPhone();
    before(async () => {
      page = await openPage(world.browser);
      await applyAs(page, world.server, { name: "周敏", number: residentNumber(872), phone });
    });
    after(() => closePage(page));

    test("adds them with a name and a number each", async () => {
      await page.getByRole("link", { name: "添加、转出家人" }).click();
      await page.getByRole("heading", { level: 1, name: "家人" }).waitFor();
      await fitsInBoth(page, "an empty family");
      for (const [name, number] of [
        ["周大宝", residentNumber(21, "20120808")],
        ["周二宝", residentNumber(22, "20151212")],
        ["周小宝", residentNumber(23, "20190808")],
      ]) {
        await page.getByRole("button", { name: "添加家人" }).click();
        await page.getByLabel("姓名", { exact: true }).fill(name);
        await page.getByLabel("证件号码", { exact: true }).fill(number);
        await fits(page, "the form for a child");
        await page.getByRole("button", { name: "添加", exact: true }).click();
        await page.getByText(`${name}的通行证已在本机。`).waitFor();
      }
      await fitsInBoth(page, "a family of three");
    });

    test("is told in words what is wrong, and where an adult without consent goes", async () => {
      await page.getByRole("button", { name: "添加家人" }).click();
      await page.getByLabel("姓名", { exact: true }).fill("周婆婆");
      await page.getByLabel("证件号码", { exact: true }).fill(residentNumber(24, "19500505").slice(0, 17));
      await page.getByRole("button", { name: "添加", exact: true }).click();
      await page.getByText("证件号码应为18位，现在是17位").waitFor();
      await page.getByLabel("没有手机的成年人").check();
      await page.getByLabel("证件号码", { exact: true }).fill(residentNumber(24, "19500505"));
      await page.getByRole("button", { name: "添加", exact: true }).click();
      await page.getByText(/联系网格员上门，或持证件到社区窗口/).waitFor();
      await assertAccessible(page, "a refused relative");
      await page.getByRole("button", { name: "取消" }).click();
    });

    test("shows their cards side by side, each with a code", async () => {
      await page.goto(world.server.publicUrl);
      await page.getByRole("button", { name: "出示家人的证" }).click();
      // Counted where they are: the page is built anew when the server answers, and draws them again.
      await until(page, () => new Set(Array.from(document.querySelectorAll("[data-family]"), (one) => one.dataset.family)).size === 3);
      await fits(page, "the family's cards");
    });

    test("hands a pass over to the eldest's own phone", async () => {
      const own = nextPhone();
      await openMy(page, world.server, "family", "家人");
      const eldest = page.getByRole("listitem").filter({ hasText: "周大宝" });
      await eldest.getByRole("button", { name: "转到本人手机" }).click();
      await page.getByLabel("对方的手机号").fill(own);
      await page.getByRole("button", { name: "获取验证码" }).click();
      await page.getByText(/验证码已发送/).waitFor();
      await page.getByLabel("短信验证码").fill(await shownCode(world.server, own, "hand_over"));
      await fits(page, "handing over");
      await page.getByRole("button", { name: "确认转出" }).click();
      await page.getByText("周大宝的通行证已转出").waitFor();
      const young = await openPage(world.browser);
      await applyAs(young, world.server, { name: "周大宝", number: residentNumber(21, "20120808"), phone: own });
      await closePage(young);
    });

    test("answers what is asked with a few taps, and is not asked twice", async () => {
      await openMy(page, world.server, "home", "我的服务");
      await page.getByRole("link", { name: /有需要申报的事项/ }).click();
      const form = page.getByRole("form", { name: "周敏" });
      await form.getByLabel("一直在本区，没有外出").check();
      await form.getByLabel("没有不舒服").check();
      await form.getByLabel("没有", { exact: true }).check();
      await fitsInBoth(page, "the questions");
      await form.getByRole("button", { name: "提交" }).click();
      await page.getByText("周敏的申报已收到。").waitFor();
      await page.getByRole("form", { name: "周敏" }).waitFor({ state: "detached" });
      const child = page.getByRole("form", { name: "周二宝" });
      await child.getByLabel("从外地来到或回到本区").check();
      await child.getByLabel("省份").selectOption("43");
      await child.getByLabel("城市或地点").fill("长沙");
      await child.getByLabel("有不舒服", { exact: true }).check();
      await child.getByLabel("咳嗽").check();
      await child.getByLabel("不清楚").check();
      await fitsInBoth(page, "a journey and symptoms");
      await child.getByRole("button", { name: "提交" }).click();
      await page.getByText("周二宝的申报已收到。").waitFor();
    });

    test("sees why each pass has its colour", async () => {
      await openMy(page, world.server, "why", "为什么是这个颜色");
      await page.getByRole("heading", { name: "周二宝" }).waitFor();
      await page.getByText(/您申报了症状/).first().waitFor();
      await fitsInBoth(page, "why");
    });

    test("sees what is held, takes a copy along, and asks for a correction", async () => {
      await openMy(page, world.server, "data", "我的信息");
      await page.getByRole("heading", { name: "基本信息" }).waitFor();
      await page.getByText(/137\*{4}\d{4}/).waitFor();
      await fitsInBoth(page, "my data");
      const [copy] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "下载一份" }).click()]);
      const data = JSON.parse(await readFile(await copy.path(), "utf8"));
      assert.equal(data.fields.find((one) => one.field === "name").value, "周敏");
      assert.equal(data.facts.items.length > 0, true);
      await page.getByRole("button", { name: "有信息不对，请更正" }).click();
      await page.getByRole("button", { name: "提交更正申请" }).click();
      await page.getByText(/网格员将在.*前联系您/).waitFor();
      await page.getByLabel("查看谁的信息？").selectOption({ label: "周小宝" });
      await page.getByRole("heading", { name: "基本信息" }).waitFor();
      await assertAccessible(page, "a child's data");
    });

    test("reads the notice that was accepted with the application", async () => {
      await openMy(page, world.server, "notice", "隐私告知");
      await page.getByText(/您已于.*同意本版告知/).waitFor();
      await fitsInBoth(page, "the notice");
      await openMy(page, world.server, "install", "放到手机桌面");
      await fitsInBoth(page, "putting it on the home screen");
    });

    test("prints a child's pass as a card and as a page", async () => {
      await openMy(page, world.server, "print", "打印纸质证");
      await page.getByLabel("周小宝").check();
      await fitsInBoth(page, "choosing whom to print for");
      await page.getByRole("button", { name: "生成纸质证" }).click();
      const paper = page.getByRole("article", { name: /周小宝/ });
      await paper.waitFor();
      assert.match(await paper.innerText(), /黄证[\s\S]*有效期至/);
      await fitsInBoth(page, "a paper pass");
      await page.emulateMedia({ media: "print" });
      assert.equal(await page.getByRole("button", { name: "生成纸质证" }).isVisible(), false);
      assert.equal(await paper.isVisible(), true);
      await page.emulateMedia({ media: "screen" });
      await page.getByLabel("每人一整页，字大").check();
      await fits(page, "a paper pass of a page");
    });
  });

  describe("a foreigner with a passport", () => {
    test("gets through everything in English", async () => {
      const page = await openPage(world.browser, { language: "en-GB" });
      await applyAs(page, world.server, {
        name: "José Ñandú-O’Brien",
        number: "X1234567",
        type: "passport_foreign",
        phone: nextPhone(),
        words: WORDS.en,
      });
      assert.equal(await page.getByRole("heading", { name: "José Ñandú-O’Brien" }).count(), 1);
      for (const [name, heading] of [
        ["home", "My services"],
        ["family", "Family"],
        ["declare", "Declare"],
        ["data", "My data"],
        ["print", "Print a pass"],
        ["why", "Why this colour"],
        ["address", "Where you live"],
        ["notice", "Privacy notice"],
      ]) {
        await openMy(page, world.server, name, heading);
        await page.waitForLoadState("networkidle");
        await fitsInBoth(page, `${name} in English`);
      }
      await closePage(page);
    });
  });

  describe("somebody whose name goes from right to left", () => {
    test("has it written as it is, and pages that can be turned round", async () => {
      const page = await openPage(world.browser, { viewport: { width: 360, height: 780 } });
      await applyAs(page, world.server, { name: "ئالىم·ئەركىن", number: residentNumber(876), phone: nextPhone() });
      const name = page.getByRole("heading", { name: "ئالىم·ئەركىن" });
      assert.equal(await name.evaluate((element) => getComputedStyle(element).unicodeBidi), "plaintext");
      await fits(page, "a pass with a name from right to left");
      for (const address of ["/", "/my/#home", "/my/#family", "/my/#why", "/my/#object"]) {
        await page.goto(`${world.server.publicUrl}${address}`);
        await page.waitForLoadState("networkidle");
        await page.evaluate(() => document.documentElement.setAttribute("dir", "rtl"));
        await fits(page, `${address} turned round`);
        await page.goto("about:blank");
      }
      await closePage(page);
    });
  });

  describe("somebody whose phone asks for more contrast", () => {
    test("reads everything", async () => {
      const page = await openPage(world.browser, { viewport: { width: 360, height: 780 }, contrast: "more" });
      await applyAs(page, world.server, { name: "田美兰", number: residentNumber(877), phone: nextPhone() });
      await page.emulateMedia({ contrast: "more" });
      const muted = () => page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--muted").trim());
      assert.equal(await muted(), "#2c3842");
      await fits(page, "the pass with more contrast");
      await openMy(page, world.server, "home", "我的服务");
      assert.equal(await muted(), "#2c3842");
      await fits(page, "the services with more contrast");
      await closePage(page);
    });
  });

  describe("somebody who puts the pass on the home screen", () => {
    test("has an icon on every kind of phone", async () => {
      const manifest = await (await fetch(`${world.server.publicUrl}/manifest.webmanifest`)).json();
      assert.equal(manifest.display, "standalone");
      for (const { src, type } of [...manifest.icons, { src: "/icon-180.png", type: "image/png" }]) {
        const icon = await fetch(`${world.server.publicUrl}${src}`);
        assert.deepEqual([icon.status, icon.headers.get("content-type")], [200, type], src);
      }
    });
  });

  describe("somebody without a phone", () => {
    test("is given a card by a grid worker, and the gate knows the number", async () => {
      const number = residentNumber(875, "19380404");
      await world.district.enter("吴爷爷", number);
      const worker = await openPage(world.browser, { viewport: DESKTOP });
      await openConsole(worker, world, "grid_worker", "papers", "打印纸质证");
      await find(worker, number);
      await fits(worker, "printing for one person");
      await worker.getByRole("button", { name: "生成这个人的纸质证" }).click();
      const paper = worker.getByRole("article", { name: /吴爷爷/ });
      await paper.waitFor();
      await fits(worker, "a printed pass at the console");
      assert.match(await paper.innerText(), /黄证[\s\S]*4403\*+/);
      await closePage(worker);
      const { colour, action } = await world.district.scan(number);
      assert.deepEqual([colour, action], ["yellow", "check"]);
    });
  });

  describe("a phone without a pass", () => {
    test("is sent to get one, and may read the notice", async () => {
      const page = await openPage(world.browser);
      await openMy(page, world.server, "family", "家人");
      await page.getByRole("link", { name: "去领取通行证" }).waitFor();
      await fitsInBoth(page, "a phone without a pass");
      await openMy(page, world.server, "notice", "隐私告知");
      await page.getByText(/第1版/).waitFor();
      await closePage(page);
    });
  });
}
