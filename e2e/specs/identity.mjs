/** Signing in with the government's account, at a small provider that runs for real. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { closePage, DESKTOP, openPage, PHONE } from "../lib/browser.mjs";
import { fits, pickPlace } from "../lib/console.mjs";
import { startProvider } from "../lib/provider.mjs";
import { startServer } from "../lib/server.mjs";

const CLIENT_ID = "gridpass-e2e";
const SUBJECT = "gov-440310-0817";
const WITH_ACCOUNT = "使用政务统一身份登录";

export function identitySpecs(world) {
  describe("signing in with the government's account", { skip: !world.stoppable && "the server is not ours to set up" }, () => {
    let [server, provider, page] = [];
    before(async () => {
      provider = await startProvider({ client_id: CLIENT_ID, subject: SUBJECT });
      server = await startServer((own) => [
        "--oidc-issuer", provider.issuer,
        "--oidc-client-id", CLIENT_ID,
        "--oidc-redirect-url", `${own.staffUrl}/`,
      ]);
      page = await openPage(world.browser, { viewport: DESKTOP });
    });
    after(async () => {
      await closePage(page);
      await server.end();
      await provider.end();
    });

    const signInWithPassword = async (username, password) => {
      await page.getByLabel("用户名").fill(username);
      await page.getByLabel("密码").fill(password);
      await page.getByRole("button", { name: "登录", exact: true }).click();
    };

    const confirmRules = async () => {
      await page.getByRole("heading", { name: /十不准/ }).waitFor();
      await page.getByLabel("我已读完，并将遵守").check();
      await page.getByRole("button", { name: "确认" }).click();
    };

    test("an account that nobody linked opens nothing", async () => {
      await page.goto(server.staffUrl);
      await page.getByRole("button", { name: WITH_ACCOUNT }).waitFor();
      await fits(page, "the sign-in page with two ways in");
      await page.setViewportSize(PHONE);
      await fits(page, "the same on a phone");
      await page.setViewportSize(DESKTOP);
      await page.getByRole("button", { name: WITH_ACCOUNT }).click();
      await page.getByRole("link", { name: `以 ${SUBJECT} 登录` }).click();
      await page.getByRole("alert").filter({ hasText: "未关联" }).waitFor();
      assert.equal(new URL(page.url()).search, "", "neither code nor state stays in the address");
    });

    test("who turns back at the provider is told so", async () => {
      await page.getByRole("button", { name: WITH_ACCOUNT }).click();
      await page.getByRole("link", { name: "取消" }).click();
      await page.getByRole("alert").filter({ hasText: "未完成" }).waitFor();
    });

    test("the security administrator links an account", async () => {
      await signInWithPassword(server.admin.username, server.admin.password);
      await confirmRules();
      await page.getByRole("button", { name: "新建账号" }).click();
      await page.getByLabel("用户名").fill("zhou.lan");
      await page.getByLabel("姓名", { exact: true }).fill("周岚");
      await page.getByLabel("单位", { exact: true }).fill("坪山街道办");
      await page.getByLabel("角色", { exact: true }).selectOption({ label: "数据统计组" });
      // A server that has no tree of divisions yet knows places by their codes.
      await pickPlace(page, "管辖区划", "440310", /440310/);
      await page.getByRole("button", { name: "建立账号" }).click();
      await page.getByRole("button", { name: "继续" }).click();
      await page.getByRole("heading", { level: 2, name: "周岚" }).waitFor();
      await page.getByText("未关联").waitFor();
      await page.getByRole("button", { name: "关联", exact: true }).click();
      await page.getByLabel("统一身份标识（sub）").fill(SUBJECT);
      await fits(page, "the link of an account");
      await page.setViewportSize(PHONE);
      await fits(page, "the link of an account on a phone");
      await page.setViewportSize(DESKTOP);
      await page.getByRole("button", { name: "关联", exact: true }).click();
      await page.getByText(SUBJECT).waitFor();
      await page.getByRole("button", { name: "解除关联" }).waitFor();
      await page.getByRole("button", { name: "退出", exact: true }).click();
    });

    test("its owner comes in, confirms the ten rules, and is never asked for the first password", async () => {
      await page.getByRole("button", { name: WITH_ACCOUNT }).click();
      await page.getByRole("link", { name: `以 ${SUBJECT} 登录` }).click();
      await confirmRules();
      assert.equal(new URL(page.url()).search, "");
      await page.getByRole("link", { name: "我的账号" }).click();
      await page.getByRole("heading", { level: 2, name: "周岚" }).waitFor();
      await page.getByText("统一身份认证", { exact: true }).first().waitFor();
      await page.getByRole("button", { name: "退出", exact: true }).last().click();
      await page.getByLabel("用户名").waitFor();
    });

    test("an answer to a question of another browser is not sent on", async () => {
      const sent = [];
      page.on("request", (request) => sent.push(new URL(request.url()).pathname));
      await page.goto(`${server.staffUrl}/?code=somebody-elses&state=somebody-elses`);
      await page.getByRole("alert").filter({ hasText: "未完成" }).waitFor();
      assert.ok(!sent.includes("/api/v1/identity-provider/sessions"));
      await page.getByRole("button", { name: "English" }).click();
      await page.getByRole("button", { name: "Sign in with the government's account" }).waitFor();
      await fits(page, "the sign-in page in English");
      await page.getByRole("button", { name: "中文" }).click();
    });
  });
}
