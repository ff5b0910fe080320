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

const CHINESE = {
  user: "用户名",
  password: "密码",
  go: "登录",
  pin: "6 位数字口令",
  again: "再输一次",
  set: "设置并开始",
};

export const ENGLISH = {
  user: "User name",
  password: "Password",
  go: "Sign in",
  pin: "PIN, six digits",
  again: "The same again",
  set: "Set and begin",
};

/** Signs an account in on a page that is there already, sets the phone's PIN and opens a tab by its name in the address. */
export async function openTab(page, { server, district }, role, tab, words = CHINESE) {
  const { username, password } = district.accounts[role];
  await page.goto("about:blank");
  await page.goto(`${server.staffUrl}/field/#${tab}`);
  await page.getByLabel(words.user).fill(username);
  await page.getByLabel(words.password).fill(password);
  await page.getByRole("button", { name: words.go }).click();
  await page.getByLabel(words.pin).fill(PIN);
  await page.getByLabel(words.again).fill(PIN);
  await page.getByRole("button", { name: words.set }).click();
  await page.locator("nav.tabs").waitFor();
}

/** Moves a server's simulated clock. */
export async function setClock({ server }, now) {
  const answer = await fetch(`${server.staffUrl}/api/v1/clock`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ now }),
  });
  if (!answer.ok) throw new Error(`clock: ${answer.status} ${await answer.text()}`);
}

/** What somebody under observation sends from the phone. */
export async function fromPhone({ server }, token, path, body) {
  const answer = await fetch(`${server.publicUrl}/api/v1/pass/observation/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
