/** An installation of the suite guomi: passes signed with SM2, on the phone and at the gate. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { closePage, openPage, until } from "../lib/browser.mjs";
import { enterDistrict, residentNumber } from "../lib/district.mjs";
import { startServer } from "../lib/server.mjs";
import { answered, openGate, unlockGate, wedge } from "./gate.mjs";
import { apply, codeOf } from "./pass.mjs";

export function guomiSpecs(world) {
  describe("a pass signed with SM2", { skip: !world.stoppable && "the server is not ours to set up" }, () => {
    let server, gate, phone;
    before(async () => {
      server = await startServer(["--suite", "guomi"]);
      const district = await enterDistrict(server);
      [gate, phone] = [await openPage(world.browser), await openPage(world.browser)];
      await openGate(gate, { server, district });
      await apply(phone, server, { name: "何思远", number: residentNumber(301) });
    });
    after(async () => {
      await closePage(gate);
      await closePage(phone);
      await server?.end();
    });
    const next = () => gate.getByRole("button", { name: "下一位" }).click();
    const checkOnTheSpot = async () => {
      await gate.getByRole("button", { name: "开始核查" }).click();
      await gate.getByRole("radio", { name: "没到过" }).click();
      await gate.getByRole("checkbox").check();
      await gate.getByRole("button", { name: /通过，放行/ }).click();
      await answered(gate, "pass");
      await next();
    };

    test("is decided by the server", async () => {
      const { keys } = await (await fetch(`${server.publicUrl}/.well-known/gridpass-keys`)).json();
      assert.deepEqual(keys.map(({ alg }) => alg), ["SM2"]);
      await wedge(gate, await codeOf(phone));
      await answered(gate, "check");
      await gate.getByRole("heading", { name: "何思远" }).waitFor();
      await checkOnTheSpot();
    });

    test("is decided by a gate without network, even one opened anew, and uploaded", async () => {
      await until(gate, () => navigator.serviceWorker.controller !== null);
      await gate.context().setOffline(true);
      await gate.reload();
      await unlockGate(gate);
      await gate.getByText("离线").first().waitFor();
      const code = await codeOf(phone);
      await wedge(gate, code);
      await answered(gate, "check");
      await gate.getByText(/离线 · 签名有效/).waitFor();
      await checkOnTheSpot();
      await wedge(gate, `${code.slice(0, -4)}AAAA`);
      await gate.getByText(/离线核验不通过/).waitFor();
      await next();
      const upload = gate.waitForResponse((answer) => answer.url().endsWith("/scans/batch"));
      await gate.context().setOffline(false);
      const { accepted, rejected } = await (await upload).json();
      assert.deepEqual({ accepted, rejected }, { accepted: 1, rejected: [] });
    });
  });
}
