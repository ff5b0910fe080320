// Says where the demo can be seen and who may sign in: one account per role, and a code for the gate app.
// Arguments: address of the residents' listener, of the staff's, and the state file of the load.

import { readFileSync } from "node:fs";

const [publicAddress, staffAddress, stateFile] = process.argv.slice(2);
const { accounts } = JSON.parse(readFileSync(stateFile, "utf8"));
const widths = [20, 26, 20, 0];
const row = (...cells) => console.log(cells.map((cell, at) => cell.padEnd(widths[at])).join("  "));
const accountOf = (role) => accounts.find((account) => account.role === role);

async function ask(path, { token, body, method = body ? "POST" : "GET" } = {}) {
  const answer = await fetch(`http://${staffAddress}/api/v1/${path}`, {
    method,
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? null : answer.json();
}

/** What a supervisor does before a guard's first shift: a code for a device at a gate of the community. */
async function deviceCode({ username, password }) {
  const { token } = await ask("sessions", { body: { username, password } });
  const { items } = await ask("gates?limit=1", { token });
  const gate = items[0];
  const made = gate && (await ask(`gates/${gate.gate_id}/device-codes`, { token, body: { name: "演示手机" } }));
  await ask("sessions/current", { token, method: "DELETE" });
  return made && { gate, ...made };
}

row("residents", `http://${publicAddress}/`);
row("console", `http://${staffAddress}/`);
row("field app", `http://${staffAddress}/field/`);
row("gate", `http://${staffAddress}/gate/`);

console.log("\nAccounts for the console; grid workers and leads use the field app, too:");
row("role", "username", "password", "jurisdiction");
const seen = new Set();
for (const { role, username, password, jurisdiction } of accounts) {
  const who = `${role} ${jurisdiction}`;
  if (!seen.has(who)) row(role, username, password, jurisdiction || "everywhere");
  seen.add(who);
}

const made = await deviceCode(accountOf("community_lead"));
if (made) {
  const until = made.expires_at.replace(/T(\d\d:\d\d).*/, " $1 UTC");
  console.log(`\nFor the gate app, a code for one device at ${made.gate.owner} ${made.gate.name}, until ${until}:`);
  console.log(`http://${staffAddress}/gate/#code=${made.code}`);
  console.log(`Then go on duty as ${accountOf("gate_guard").username}. The community lead makes further codes in the console, under Gates.`);
}
