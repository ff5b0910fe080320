/** A printed paper at a gate: proof of residence, genuine, made up or taken back; read or typed. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { closePage, openPage } from "../lib/browser.mjs";
import { fits } from "../lib/console.mjs";
import { residentNumber } from "../lib/district.mjs";
import { enrolDevice, guardOn } from "../lib/guard.mjs";
import { answered, goOnDuty, wedge } from "./gate.mjs";

export function paperSpecs(world) {
  describe("a printed paper at a gate", () => {
    const number = residentNumber(31, "19770707");
    const lead = () => world.district.as("community_lead");
    let page, guard, issued;
    before(async () => {
      const { district } = world;
      await district.enrol("章文静", number);
      await district.verify(number);
      const { person_id } = await district.scan(number);
      issued = await lead()("papers", { body: { person_id, kind: "residence" } });
      page = await openPage(world.browser, { viewport: { width: 360, height: 740 } });
      guard = guardOn(page, world);
      await enrolDevice(page, world, await district.deviceCode("七号机"));
      await goOnDuty(page, district.accounts.gate_guard);
      await guard.prepared();
    });
    after(() => closePage(page));
    const verdict = (title) => page.getByRole("alert").filter({ has: page.getByRole("heading", { name: title }) });

    test("read by a reader from any page, says for whom it was issued", async () => {
      await guard.menu("本卡口今天");
      await page.getByRole("heading", { name: "本卡口今天" }).waitFor();
      await wedge(page, issued.serial);
      await verdict("证明属实").waitFor();
      const text = await verdict("证明属实").innerText();
      assert.match(text, /居住证明[\s\S]*章\*/);
      assert.ok(!text.includes("章文静"), "as much as it takes to compare");
      await fits(page, "a genuine paper");
      await guard.back();
    });

    test("typed with another last character, is nobody's", async () => {
      await guard.menu("查验纸质证明");
      assert.equal(await page.getByLabel("证明编号").inputValue(), "", "the paper before is gone");
      await fits(page, "the page for papers");
      await page.getByLabel("证明编号").fill(`${issued.serial.slice(0, -1)}${issued.serial.endsWith("7") ? "8" : "7"}`.toLowerCase());
      await page.getByRole("button", { name: "查验" }).click();
      await verdict("查无此证明").waitFor();
      await fits(page, "a made-up paper");
    });

    test("taken back, proves nothing", async () => {
      const { person_id, paper_id } = issued.paper;
      await lead()(`papers/${person_id}/${paper_id}/withdraw`, { body: {} });
      await page.getByLabel("证明编号").fill(issued.serial);
      await page.getByRole("button", { name: "查验" }).click();
      await verdict("已撤回").waitFor();
      await fits(page, "a paper that was taken back");
      // A pass leads back to the scan page as from everywhere.
      await page.getByLabel("证明编号").blur();
      await wedge(page, number);
      await answered(page, "pass");
      await guard.next();
    });

    test("without network cannot be checked, and that is said", async () => {
      await guard.cut();
      await guard.menu("查验纸质证明");
      await page.getByText("没有网络，现在查不了。").waitFor();
      await page.getByLabel("证明编号").fill(issued.serial);
      await page.getByRole("button", { name: "查验" }).click();
      await page.getByRole("alert").filter({ hasText: "没有网络，现在查不了。" }).waitFor();
      await fits(page, "a paper without network");
      await guard.back();
      await guard.restore();
    });
  });
}
