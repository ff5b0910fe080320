/** A visitor at a controlled gate: in when a host agrees, and it is said which. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { closePage, openPage } from "../lib/browser.mjs";
import { fits } from "../lib/console.mjs";
import { residentNumber } from "../lib/district.mjs";
import { answered, openGate, wedge } from "./gate.mjs";

export function visitorSpecs(world) {
  describe("a visitor at a controlled gate", () => {
    const number = residentNumber(841);
    const other = residentNumber(842);
    let page;
    const setArea = (area_status) => {
      const { district } = world;
      const path = `enclosures/${district.enclosure.enclosure_id}`;
      return district.as("data_desk")(path, { method: "PATCH", body: { area_status } });
    };
    before(async () => {
      const { district } = world;
      const enclosure = district.elsewhere.enclosure_id;
      for (const [name, document_number] of [["林访客", number], ["郑访客", other]]) {
        await district.enrol(name, document_number);
        await district.record(document_number, { kind: "residence", status: "verified", enclosure, source: "visit" });
      }
      await setArea("controlled");
      page = await openPage(world.browser, { viewport: { width: 360, height: 640 } });
      await openGate(page, world);
    });
    after(async () => {
      await closePage(page);
      await setArea("normal");
    });

    test("is let in this once, with the host's room and no telephone", async () => {
      await wedge(page, number);
      await answered(page, "check");
      await page.getByRole("button", { name: "开始核查" }).click();
      const pass = page.getByRole("button", { name: "通过，本次放行" });
      assert.ok(await pass.isDisabled(), "nobody was asked yet");
      const host = page.getByLabel("哪户或哪个部门同意了？");
      for (const telephone of ["王先生 138-0013-8000", "138 0013 8000", "１３８００１３８０００"]) {
        await host.fill(telephone);
        assert.ok(await pass.isDisabled(), "nobody's telephone is kept");
      }
      await fits(page, "the check of a visitor");
      await host.fill("3栋1201");
      await pass.click();
      await answered(page, "pass");
      await page.getByRole("button", { name: "下一位" }).click();
    });

    test("whose host does not agree is held, and nobody has to be named", async () => {
      await wedge(page, other);
      await answered(page, "check");
      await page.getByRole("button", { name: "开始核查" }).click();
      await page.getByRole("button", { name: "不通过，暂留" }).click();
      await answered(page, "held");
    });
  });
}
