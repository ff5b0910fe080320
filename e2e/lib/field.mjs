/** What every spec of the field app does: a worker signs in on a phone and sets a PIN. */
import { openPage } from "./browser.mjs";

export const PIN = "270316";

/** Signs an account in at the field app. */
export async function signInField(page, world, role) {
  const { username, password } = world.district.accounts[role];
  await page.goto(`${world.server.staffUrl}/field/`);
  await page.getByLabel("用户名").fill(username);
  await page.getByLabel("密码").fill(password);
  await page.getByRole("button", { name: "登录" }).click();
}

/** Sets the PIN of a phone that has none. */
export async function setPin(page) {
  await page.getByRole("heading", { name: "设置本机口令" }).waitFor();
  await page.getByLabel("6 位数字口令").fill(PIN);
  await page.getByLabel("再输一次").fill(PIN);
  await page.getByRole("button", { name: "设置并开始" }).click();
}

/** Opens a locked phone. */
export async function unlock(page) {
  await page.getByLabel("6 位数字口令").fill(PIN);
  await page.getByRole("button", { name: "解锁", exact: true }).click();
}

/** A phone at work: signed in, with a PIN, on the role's first page. */
export async function openField(world, role, options = {}) {
  const page = await openPage(world.browser, options);
  await signInField(page, world, role);
  await setPin(page);
  return page;
}
