/** One person's record at the console: found by a whole number, masked, and more of it for a reason. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, closePage, DESKTOP, openPage, PHONE } from "../lib/browser.mjs";
import { find, fits, openConsole } from "../lib/console.mjs";
import { residentNumber } from "../lib/district.mjs";

export function peopleSpecs(world) {
  describe("a person's record", () => {
    const number = residentNumber(701);
    let doctor;
    let worker;
    let serial;
    before(async () => {
      const enrolled = await world.district.enrol("孙丽华", number, { phone: "13912345678" });
      serial = enrolled.pass.pass_serial;
      const answer = await fetch(`${world.server.publicUrl}/api/v1/pass/photo`, {
        method: "PUT",
        headers: { "content-type": "image/png", authorization: `Bearer ${enrolled.holder_token}` },
        body: world.portrait,
      });
      assert.ok(answer.ok);
      await world.district.verify(number);
      await world.district.scan(number);
      doctor = await openPage(world.browser, { viewport: DESKTOP });
      worker = await openPage(world.browser, { viewport: PHONE });
      await openConsole(doctor, world, "team_doctor", "people", "人员");
      await openConsole(worker, world, "grid_worker", "people", "人员");
    });
    after(async () => {
      await closePage(doctor);
      await closePage(worker);
    });

    test("is found by a whole number only, and a wrong one is said at the field", async () => {
      await fits(worker, "the search on a phone");
      await find(doctor, residentNumber(999));
      await doctor.getByRole("alert").filter({ hasText: "辖区内没有这个号码的人员" }).waitFor();
      assert.equal(await doctor.getByLabel("号码", { exact: true }).getAttribute("aria-invalid"), "true");
      await find(doctor, "4403991980");
      await doctor.getByRole("alert").filter({ hasText: /位/ }).waitFor();
      await assertAccessible(doctor, "a search that finds nobody");
    });

    test("shows masked identity, photo, colour with its reason, and evidence with its source", async () => {
      await find(doctor, number);
      await doctor.getByRole("img", { name: "本人照片" }).waitFor();
      const who = doctor.locator(".who-card");
      await who.getByText("孙丽华").waitFor();
      const text = await who.innerText();
      assert.match(text, /4403\*{10}\d{3}[\dX]/);
      assert.match(text, /139\*{4}5678/);
      assert.ok(!text.includes(number) && !text.includes("13912345678"), "masked");
      assert.match(text, /绿证/);
      const colour = doctor.getByRole("region", { name: "颜色和依据" });
      await colour.getByText("已核实居民").waitFor();
      await colour.getByText("颜色表 A11").waitFor();
      const facts = doctor.getByRole("region", { name: "有效依据" });
      await facts.getByText("居住 · 金地朗悦花园 · 已核已入住").waitFor();
      await facts.getByText("上门核查").waitFor();
      const scans = doctor.getByRole("region", { name: "卡口查验" });
      await scans.getByText("东门 · 进").waitFor();
      await assertAccessible(doctor, "the record");
    });

    test("shows the room and its standard address code to who works at doors", async () => {
      const code = "4403100010010010001001505";
      await world.district.correctAddress(number, "12栋1505", code);
      await find(worker, number);
      const who = worker.locator(".who-card");
      await who.getByText("12栋1505").waitFor();
      await who.getByText(code).waitFor();
      await fits(worker, "a record with an address code on a phone");
    });

    test("says who looked, this look included", async () => {
      const looks = doctor.getByRole("region", { name: "谁查看过" });
      await looks.getByText("社区医生 · 三位一体社区医生").first().waitFor();
      await looks.getByText("六联社区 · 网格员").first().waitFor();
      assert.equal(await looks.getByText("网格员小陈").count(), 0, "units, no names");
    });

    test("opens its masks for half an hour, for who says why", async () => {
      await doctor.getByRole("button", { name: "紧急查看" }).click();
      const dialog = doctor.getByRole("dialog", { name: "紧急查看" });
      const lift = dialog.getByRole("button", { name: "解除脱敏30分钟" });
      assert.ok(await lift.isDisabled(), "not without a reason");
      await dialog.getByLabel("原因").selectOption("emergency_rescue");
      await dialog.getByLabel(/^说明/).fill("救护车须立即找到本人");
      await assertAccessible(doctor, "the question for a reason");
      await lift.click();
      await doctor.getByText(/已解除脱敏，剩余 (29|30):/).waitFor();
      await doctor.locator(".who-card").getByText("13912345678").waitFor();
    });

    test("shows a grid worker on a phone what the role may see", async () => {
      await worker.getByLabel("按什么查").selectOption({ label: "通行证序号" });
      await find(worker, String(serial));
      await worker.getByRole("region", { name: "上门核查" }).waitFor();
      for (const closed of ["隔离", "卡口查验"])
        assert.equal(await worker.getByRole("region", { name: closed, exact: true }).count(), 0, closed);
      assert.equal(await worker.getByRole("button", { name: "紧急查看" }).count(), 0);
      assert.match(await worker.locator(".who-card").innerText(), /139\*{4}5678/);
      await worker.getByRole("region", { name: "谁查看过" }).waitFor();
      await fits(worker, "the record on a phone");
      await worker.reload();
      await worker.getByRole("region", { name: "有效依据" }).waitFor();
    });

    test("a grid worker writes down another phone, having seen the document", async () => {
      assert.equal(await doctor.getByRole("button", { name: "更换手机号" }).count(), 0, "not who only reads");
      await worker.getByRole("button", { name: "更换手机号" }).click();
      const dialog = worker.getByRole("dialog", { name: "更换手机号" });
      await dialog.getByLabel("手机号", { exact: true }).fill("1391234");
      await dialog.getByRole("button", { name: "登记" }).click();
      await dialog.getByRole("alert").filter({ hasText: /\S/ }).waitFor();
      await fits(worker, "another phone, with a fault");
      await dialog.getByLabel("手机号", { exact: true }).fill("13600136000");
      await dialog.getByRole("button", { name: "登记" }).click();
      await worker.getByText("手机号已登记。").waitFor();
      assert.match(await worker.locator(".who-card").innerText(), /136\*{4}6000/);
    });

    test("two people who gave one number are told apart by who has the document", async () => {
      const theirs = residentNumber(702);
      const first = await world.district.enrol("吴某甲", theirs, { phone: "13700137001" });
      const right = await world.district.enrol("吴小二", theirs, { phone: "13700137002" });
      assert.notEqual(right.pass.pass_serial, first.pass.pass_serial);
      assert.equal(right.pass.colour, "yellow");
      await worker.getByLabel("按什么查").selectOption({ label: "居民身份证" });
      await find(worker, theirs);
      const claims = worker.getByRole("region", { name: "两人填了同一证件号码" });
      await claims.getByText(/吴小二/).waitFor();
      await fits(worker, "a number that two people gave");
      await claims.getByRole("button", { name: "核对后确认" }).click();
      const dialog = worker.getByRole("dialog", { name: "核对后确认" });
      const save = dialog.getByRole("button", { name: "确认", exact: true });
      assert.ok(await save.isDisabled(), "whose pass it is is not decided by one press");
      await dialog.getByLabel("证件核对结果").selectOption({ label: "另有其人，证件号码不同" });
      await dialog.getByLabel("证件号码", { exact: true }).fill(theirs);
      await save.click();
      await dialog.getByRole("alert").filter({ hasText: /\S/ }).waitFor();
      await fits(worker, "the decision, with a fault");
      await dialog.getByLabel("证件核对结果").selectOption({ label: "号码是本人的，两份登记为同一人" });
      await dialog.getByLabel("证件上的姓名").fill("吴小二");
      await save.click();
      await worker.locator(".who-card").getByText("吴小二").waitFor();
      await claims.waitFor({ state: "detached" });
      const again = await world.district.enrol("吴小二", theirs, { phone: "13700137002" });
      assert.equal(again.pass.pass_serial, first.pass.pass_serial);
      await worker.getByLabel("按什么查").selectOption({ label: "通行证序号" });
      await find(worker, String(serial));
      await worker.locator(".who-card").getByText("孙丽华").waitFor();
    });

    test("a grid worker proposes what was found at the door, with its paper", async () => {
      await worker.getByRole("button", { name: "提出变红" }).click();
      const dialog = worker.getByRole("dialog", { name: "提出变红" });
      const offered = await dialog.getByLabel("事项").locator("option").allInnerTexts();
      assert.deepEqual(offered, ["核实疫区旅居", "体温异常"], "nothing that a doctor answers for");
      const area = dialog.getByRole("combobox", { name: "疫区（省市或区划）" });
      await area.fill("武汉");
      await worker.getByRole("option", { name: /武汉市/ }).click();
      await dialog.getByLabel("证据", { exact: true }).selectOption({ label: "上门核查" });
      await dialog.getByLabel("上门核查编号").fill("听邻居说的");
      await dialog.getByRole("button", { name: "提出，待另一单位确认" }).click();
      await dialog.getByRole("alert").filter({ hasText: "应为文书或检测编号" }).waitFor();
      await fits(worker, "the proposal on a phone");
      await dialog.getByLabel("上门核查编号").fill("20200317");
      await dialog.getByRole("button", { name: "提出，待另一单位确认" }).click();
      await worker.getByText("已提出，确认之前不会有任何变化。").waitFor();
      const { colour } = await world.district.scan(number);
      assert.equal(colour, "green");
    });

    test("speaks English", async () => {
      await doctor.getByRole("button", { name: "English" }).click();
      await doctor.getByRole("heading", { level: 2, name: "Colour, and why" }).waitFor();
      await doctor.getByText("verified resident").waitFor();
      await fits(doctor, "the record in English");
    });
  });
}
