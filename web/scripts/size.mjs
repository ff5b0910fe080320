/**
 * Measures what travels over the wire, and fails above the budget.
 *
 * Counts gzip, the larger of the two compressions offered, and every file a first visit fetches.
 * Files named in `later` are fetched only when needed: the decoder when a browser has none of its
 * own, the cryptography of browsers without Ed25519, the form of who has no pass yet, the scan of a gate, the words of
 * who reads Traditional Chinese, the rule lab and the other pages of few.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const apps = fileURLToPath(new URL("../apps", import.meta.url));
const budgets = [
  { app: "pass", bytes_max: 20_000, later: /assets\/(fallback|apply|form|notices|cards|gate|work|traditional|reader|zxing)|icon-/ },
  { app: "resident", bytes_max: 100_000, later: /assets\/(PrintPage|traditional)/ },
  { app: "gate", bytes_max: 300_000, later: /zxing|reader|fallback/ },
  { app: "console", bytes_max: 150_000, later: /assets\/(RulesPage|PapersPage|RiskPage|HoldsPage|ResponsePage|MapPage|GatesPage|rules|csv|qr)/ },
  { app: "field", bytes_max: 300_000, later: /(?!)/ },
];

let failed = false;
for (const { app, bytes_max, later } of budgets) {
  const dist = join(apps, app, "dist");
  let total = 0;
  const lines = [];
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || /\.(br|gz)$/.test(file)) continue;
    const sent = existsSync(`${file}.gz`) ? `${file}.gz` : file;
    const bytes = readFileSync(sent).length;
    const counts = !later.test(file);
    if (counts) total += bytes;
    lines.push(`  ${String(bytes).padStart(8)}  ${relative(dist, file)}${counts ? "" : "  (only when needed)"}`);
  }
  const over = total > bytes_max;
  failed ||= over;
  console.log(`${app}: ${total} of ${bytes_max} bytes${over ? "  TOO MUCH" : ""}\n${lines.join("\n")}`);
}
process.exit(failed ? 1 : 0);
