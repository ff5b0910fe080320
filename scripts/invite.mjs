// Says where the demo can be seen and who may sign in: one account per role.
// Arguments: address of the residents' listener, of the staff's, and the state file of the load.

import { readFileSync } from "node:fs";

const [publicAddress, staffAddress, stateFile] = process.argv.slice(2);
const { accounts, gates } = JSON.parse(readFileSync(stateFile, "utf8"));
const widths = [20, 26, 20, 0];
const row = (...cells) => console.log(cells.map((cell, at) => cell.padEnd(widths[at])).join("  "));

row("residents", `http://${publicAddress}/`);
row("console", `http://${staffAddress}/`);
row("field app", `http://${staffAddress}/field/`);
row("gate", `http://${staffAddress}/gate/`);

console.log("\nAccounts for the console; grid workers, leads and the response team use the field app:");
row("role", "username", "password", "jurisdiction");
const seen = new Set();
for (const { role, username, password, jurisdiction } of accounts) {
  const who = `${role} ${jurisdiction}`;
  if (!seen.has(who)) row(role, username, password, jurisdiction || "everywhere");
  seen.add(who);
}

console.log("\nFor the gate app, the token of a gate's device:");
console.log(gates[0].device_token);
