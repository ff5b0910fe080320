/** What every spec of the field app does: signing in on a phone. */

/** Signs an account in and opens a tab of the field app by its name in the address. */
export async function openField(page, { server, district }, role, tab, words = { user: "用户名", password: "密码", go: "登录" }) {
  const { username, password } = district.accounts[role];
  await page.goto("about:blank");
  await page.goto(`${server.staffUrl}/field/#${tab}`);
  await page.getByLabel(words.user).fill(username);
  await page.getByLabel(words.password).fill(password);
  await page.getByRole("button", { name: words.go }).click();
  await page.locator("nav.tabs").waitFor();
}

export const ENGLISH = { user: "User name", password: "Password", go: "Sign in" };

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
