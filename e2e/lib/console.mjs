/** What every spec of the console does: signing in at a page, and picking a place. */
import assert from "node:assert/strict";
import { assertAccessible } from "./browser.mjs";

/** Signs an account in and opens a page of the console by its name in the address. */
export async function openConsole(page, world, role, name, heading) {
  const { username, password } = world.district.accounts[role];
  await page.goto(`${world.server.staffUrl}/#${name}`);
  await page.getByLabel("用户名").fill(username);
  await page.getByLabel("密码").fill(password);
  await page.getByRole("button", { name: "登录" }).click();
  await page.getByRole("heading", { level: 1, name: heading }).waitFor();
}

/** Goes to a page by the menu of a phone. */
export async function goFromMenu(page, name, menu = "菜单") {
  await page.getByRole("button", { name: menu, exact: true }).click();
  await page.getByRole("dialog", { name: menu }).getByRole("link", { name, exact: true }).click();
}

/** Changes the language; on a phone the menu has it. */
export async function speak(page, language) {
  const menu = page.getByRole("button", { name: /^(菜单|Menu)$/ });
  const inMenu = await menu.isVisible();
  if (inMenu) await menu.click();
  await page.getByRole("button", { name: language }).click();
  if (inMenu) await page.keyboard.press("Escape");
}

/** Types a part of a place's name or code, and takes the choice of that name. */
export async function pickPlace(page, label, typed, name) {
  const field = page.getByRole("combobox", { name: label, exact: true });
  await field.fill(typed);
  await page.getByRole("option", { name }).first().click();
  assert.match(await field.inputValue(), name instanceof RegExp ? name : new RegExp(name));
}

/** Looks somebody up by resident number. */
export async function find(page, number) {
  await page.getByLabel("号码", { exact: true }).fill(number);
  await page.getByRole("button", { name: "查找", exact: true }).click();
}

/** Nothing sticks out at the side, and axe finds nothing. */
export async function fits(page, what) {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.equal(overflow, 0, `nothing sticks out at the side of ${what}`);
  await assertAccessible(page, what);
}
