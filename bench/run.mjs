// `make bench`: measures what docs/design promises, on a private cluster with default
// durability, and writes bench/results.json and the table in docs/performance.md.
//
// Everything runs on this machine: generator, server and database share its cores. All
// figures come from one run, so that ratios hold even on a noisy machine.
//
//   node bench/run.mjs [--people N] [--phones N] [--scans N] [--seconds S] [--keep]

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { cpus, totalmem, tmpdir, release } from "node:os";
import { mkdtempSync, readFileSync, rmSync, writeFileSync, chmodSync } from "node:fs";
import { createServer } from "node:net";
import { join, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values: options } = parseArgs({
  options: {
    people: { type: "string", default: "550000" },
    phones: { type: "string", default: "60000" },
    scans: { type: "string", default: "6000000" },
    seconds: { type: "string", default: "60" },
    keep: { type: "boolean", default: false },
  },
});
const HOLDERS_AT_SCALE_1 = 550_000;
const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
const release_ = (name) => join(target, "release", name);
const say = (text) => process.stderr.write(`bench: ${text}\n`);

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Runs a program to its end and returns what it printed. */
function run(program, args, env = {}) {
  return execFileSync(program, args, {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: "utf8",
    maxBuffer: 64 << 20,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

const lastJson = (text) => JSON.parse(text.trim().startsWith("{") ? text.trim() : text.trim().split("\n").at(-1));

function build() {
  say("building with optimisation");
  const args = ["build", "--release", "-p", "gridpass", "-p", "gridpass-sim"];
  spawnSync("cargo", args, { cwd: root, stdio: "inherit" });
  for (const [crate, example] of [["gridpass-rules", "decide_ns"], ["gridpass-passcode", "verify_us"], ["gridpass", "audit_verify"], ["gridpass", "back_test"], ["gridpass", "recolour"]]) {
    spawnSync("cargo", ["build", "--release", "-p", crate, "--example", example], { cwd: root, stdio: "inherit" });
  }
}

/** A server on a data directory of its own. */
async function startServer(directory) {
  const [publicPort, staffPort] = [await freePort(), await freePort()];
  const env = {
    ...process.env,
    DATABASE_URL: "",
    GRIDPASS_DATA_DIR: directory,
    GRIDPASS_MODE: "demo",
    GRIDPASS_LOG: "warn",
  };
  delete env.DATABASE_URL;
  const args = ["serve", "--bench-baseline", "--public-addr", `127.0.0.1:${publicPort}`, "--staff-addr", `127.0.0.1:${staffPort}`];
  const child = spawn(release_("gridpass"), args, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] });
  const server = { child, env, public: `http://127.0.0.1:${publicPort}`, staff: `http://127.0.0.1:${staffPort}` };
  for (let attempt = 0; attempt < 600; attempt += 1) {
    if (child.exitCode !== null) throw new Error("the server ended by itself");
    const ready = await fetch(`${server.staff}/readyz`).then((answer) => answer.ok, () => false);
    if (ready) return server;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("the server did not become ready");
}

async function stopServer(server) {
  if (server.child.exitCode !== null) return;
  const ended = new Promise((done) => server.child.once("exit", done));
  server.child.kill("SIGTERM");
  await ended;
}

/** Peak resident memory of the server, and the sum over its PostgreSQL processes now, in MB. */
function memory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const server = Number(/VmHWM:\s+(\d+)/.exec(status)[1]) / 1024;
  const ps = execFileSync("ps", ["-eo", "pid,ppid,comm"], { encoding: "utf8" }).split("\n").slice(1);
  const rows = ps.map((line) => line.trim().split(/\s+/)).filter((row) => row.length >= 3);
  const children = (parent) => rows.filter((row) => row[1] === String(parent)).flatMap((row) => [row, ...children(row[0])]);
  let postgres = 0;
  for (const [child, , name] of children(pid)) {
    if (!name.startsWith("postgres")) continue;
    try {
      postgres += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${child}/smaps_rollup`, "utf8"))[1]) / 1024;
    } catch {
      // The process ended between listing and reading.
    }
  }
  return { server_peak_mb: Math.round(server), postgres_mb: Math.round(postgres) };
}

function sim(args, env) {
  return run(release_("gridpass-sim"), args, env);
}

function bench(state, args) {
  const result = lastJson(sim(["bench", "--state", state, ...args]));
  say(`${args.join(" ")}: ${result.goodput_per_s}/s, p50 ${result.latency_ms.p50} ms, p99 ${result.latency_ms.p99} ms`);
  return result;
}

/** Fills a private database with a million linked entries and proves them. */
function auditVerify() {
  say("proving an audit log of a million entries");
  const directory = mkdtempSync(join(tmpdir(), "gridpass-audit-"));
  chmodSync(directory, 0o755);
  try {
    return lastJson(run(release_("examples/audit_verify"), ["--data-dir", join(directory, "data"), "--mode", "demo"]));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Fills private databases with people and tries a rule set on all of them. */
function backTests() {
  const measured = {};
  for (const people of [550_000, 1_000_000]) {
    say(`trying a rule set on ${people} people`);
    const directory = mkdtempSync(join(tmpdir(), "gridpass-back-test-"));
    chmodSync(directory, 0o755);
    try {
      const args = ["--data-dir", join(directory, "data"), "--mode", "demo", "--people", String(people)];
      measured[`back_test_${people}`] = lastJson(run(release_("examples/back_test"), args));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  return measured;
}

/** A back-test over the API with the scans of a day, on the district that was just loaded. */
async function backTestWithScans(server, state, results) {
  const maker = await signIn(server, state, "rule_maker");
  const headers = { authorization: `Bearer ${maker}`, "content-type": "application/json" };
  const begun = performance.now();
  const asked = await fetch(`${server.staff}/api/v1/back-tests`, {
    method: "POST", headers, body: JSON.stringify({ version: 1, scan_days: 1 }),
  });
  if (!asked.ok) throw new Error(`back-test: ${asked.status} ${await asked.text()}`);
  const { back_test_id } = await asked.json();
  let view;
  do {
    await new Promise((done) => setTimeout(done, 50));
    view = await get(server, maker, `/api/v1/back-tests/${back_test_id}`);
  } while (view.status === "waiting" || view.status === "running");
  if (view.status !== "done") throw new Error("the back-test broke off; see the server's log");
  const { decided, one_in } = view.card.gates;
  results.back_test_with_scans = { seconds: (performance.now() - begun) / 1000, decided, one_in };
}

/** Fills a private database with people and puts rules into force that change some, then all. */
function recolouring() {
  say("colouring 1000000 people anew");
  const directory = mkdtempSync(join(tmpdir(), "gridpass-recolour-"));
  chmodSync(directory, 0o755);
  try {
    const args = ["--data-dir", join(directory, "data"), "--mode", "demo", "--people", "1000000"];
    return { recolour: lastJson(run(release_("examples/recolour"), args)) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measure(server, state, results) {
  const password = run(release_("gridpass"), ["staff", "create", "--username", "admin", "--role", "security_admin"], {
    GRIDPASS_DATA_DIR: server.env.GRIDPASS_DATA_DIR, GRIDPASS_MODE: "demo",
  }).trim();
  const servers = ["--public", server.public, "--staff", server.staff];
  const scale = String(Number(options.people) / HOLDERS_AT_SCALE_1);
  say(`loading a district with ${options.people} people`);
  const loading = ["load", "--scale", scale, "--state", state, "--admin", "admin", ...servers];
  Object.assign(results, load(loading, { GRIDPASS_ADMIN_PASSWORD: password }));
  say(`enrolling ${options.phones} phones`);
  sim(["enrol", "--state", state, "--count", options.phones]);

  say(`filling the table with ${options.scans} scans by offline upload`);
  const upload = bench(state, ["--upload", "--scans", options.scans, "--clients", "8", "--batch", "100", "--seconds", "600"]);
  results.batch_upload_scans_per_s = upload.goodput_per_s;
  results.batch_upload = upload;

  const seconds = options.seconds;
  const half = String(Math.max(5, Number(seconds) / 2));
  // Every credential is good for a day and every presentation for a minute, so no renewal is needed.
  results.empty_json = bench(state, ["--empty", "--clients", "256", "--seconds", half]);
  results.closed = bench(state, ["--mode", "closed", "--clients", "512", "--seconds", seconds]);
  results.open = bench(state, ["--mode", "open", "--rate", "20000", "--clients", "512", "--seconds", seconds]);
  results.naive = bench(state, ["--mode", "closed", "--clients", "64", "--seconds", half, "--path", "/bench/scans"]);
  results.overload = bench(state, ["--mode", "closed", "--clients", "4096", "--seconds", half]);
  results.empty_json_per_s = results.empty_json.goodput_per_s;
  results.scans_per_s = results.closed.goodput_per_s;
  results.scans_p50_ms = results.open.latency_ms.p50;
  results.scans_p99_ms = results.open.latency_ms.p99;
  results.steal_percent = results.open.steal_percent;
  results.naive_scans_per_s = results.naive.goodput_per_s;
  results.times_naive = Math.round((results.scans_per_s / results.naive_scans_per_s) * 10) / 10;
  results.overload_goodput_share = Math.round((results.overload.goodput_per_s / results.scans_per_s) * 100) / 100;
  results.memory = memory(server.child.pid);
  await backTestWithScans(server, state, results);
  await verify(server, state, results);
}

/** Loads the district, and reads from what the loader says how fast the registry went in. */
function load(args, env) {
  const loader = spawnSync(release_("gridpass-sim"), args, { cwd: root, env: { ...process.env, ...env }, encoding: "utf8" });
  process.stderr.write(loader.stderr);
  if (loader.status !== 0) throw new Error("the district could not be loaded");
  const [, rows, seconds] = /registry: (\d+) rows in ([\d.]+) s/.exec(loader.stderr);
  const per_s = Math.round(Number(rows) / Number(seconds));
  return { import_rows: Number(rows), import_seconds: Number(seconds), import_rows_per_s: per_s };
}

/** The roll-ups must equal the raw rows after all that. */
async function verify(server, state, results) {
  const desk = await signIn(server, state, "data_desk");
  results.verification = await get(server, desk, "/api/v1/stats/verification");
  const { people_differences: people, scan_differences: scans } = results.verification;
  if (people !== 0 || scans !== 0) throw new Error(`roll-ups differ from the raw rows: ${JSON.stringify(results.verification)}`);
}

async function signIn(server, state, role) {
  const { accounts } = JSON.parse(readFileSync(state, "utf8"));
  const { username, password } = accounts.find((account) => account.role === role);
  const answer = await fetch(`${server.staff}/api/v1/sessions`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ username, password }),
  });
  return (await answer.json()).token;
}

async function get(server, token, path) {
  const answer = await fetch(server.staff + path, { headers: { authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

function machine() {
  const postgres = spawnSync("sh", ["-c", "ls -d /usr/lib/postgresql/*/bin | tail -1"], { encoding: "utf8" }).stdout.trim();
  return {
    cores: cpus().length,
    cpu: cpus()[0].model,
    memory_gb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    postgres: spawnSync(join(postgres, "postgres"), ["--version"], { encoding: "utf8" }).stdout.trim(),
    rustc: run("rustc", ["--version"]).trim(),
    durability: "fsync=on, synchronous_commit=on, full_page_writes=on",
    layout: "generator, server and PostgreSQL share the cores",
  };
}

/** Writes the table between the markers of docs/performance.md. */
function writeTable(results) {
  const file = join(root, "docs/performance.md");
  const text = readFileSync(file, "utf8");
  const [begin, end] = ["<!-- bench:begin -->", "<!-- bench:end -->"];
  const rows = [
    ["durable authenticated scans a second, closed loop", results.scans_per_s, "≥ 25,000"],
    ["p50 at 20,000/s open loop, ms", results.scans_p50_ms, "–"],
    ["p99 at 20,000/s open loop, ms", results.scans_p99_ms, "≤ 50"],
    ["scans answered a second during that", results.open.goodput_per_s, "20,000"],
    ["processor time stolen during that, %", results.steal_percent, "–"],
    ["one transaction per scan, same run", results.naive_scans_per_s, "–"],
    ["times the one-transaction way", results.times_naive, "≥ 4"],
    ["empty JSON answers a second (ceiling of HTTP)", results.empty_json_per_s, "–"],
    ["offline upload, scans a second", Math.round(results.batch_upload_scans_per_s), "≥ 60,000"],
    ["share of the maximum with 4,096 clients", results.overload_goodput_share, "≥ 0.8"],
    ["registry import, rows a second", results.import_rows_per_s, "≥ 9,200"],
    ["one decision, ns", results.decide_ns, "–"],
    ["audit log proved, entries/s", Math.round(results.audit_verify_entries_per_s ?? 0), "≥ 100,000"],
    ["a rule set tried on 550,000 people, s", results.back_test_550000.back_test_s, "≤ 1"],
    ["a rule set tried on 1,000,000 people, s", results.back_test_1000000.back_test_s, "≤ 2"],
    ["the same over the API with the scans of a day, s", results.back_test_with_scans.seconds, "–"],
    ["scans decided anew in that", results.back_test_with_scans.decided, "–"],
    ["1,000,000 people coloured anew, 5 % change, s", results.recolour.some_s, "≤ 5"],
    ["1,000,000 people coloured anew, all change, s", results.recolour.all_s, "≤ 15"],
    ["check a presentation online, µs", results.verify_online_us, "–"],
    ["check a presentation offline, µs", results.verify_offline_us, "–"],
    ["the same under guomi (SM2), µs", results.verify_offline_sm2_us, "–"],
    ["peak memory of the server, MB", results.memory.server_peak_mb, "–"],
    ["memory of PostgreSQL afterwards, MB", results.memory.postgres_mb, "–"],
    ["scans in the table at the end", results.verification.scans, "≥ 6,000,000"],
    ["people", results.verification.people, "550,000"],
  ];
  const { machine: on } = results;
  const table = [
    begin, "",
    `Measured ${results.measured_at} on ${on.cores} cores (${on.cpu}), ${on.memory_gb} GB, ${on.postgres}, ${on.rustc}; ${on.durability}; ${on.layout}.`,
    "", "| what | measured | budget |", "|---|---|---|",
    ...rows.map(([what, value, budget]) => `| ${what} | ${typeof value === "number" ? value.toLocaleString("en") : value} | ${budget} |`),
    "", end,
  ].join("\n");
  const pattern = new RegExp(`${begin}[\\s\\S]*${end}`);
  if (!pattern.test(text)) throw new Error("docs/performance.md has no bench markers");
  writeFileSync(file, text.replace(pattern, () => table));
}

async function main() {
  build();
  const directory = mkdtempSync(join(tmpdir(), "gridpass-bench-"));
  chmodSync(directory, 0o755);
  const results = { measured_at: new Date().toISOString().slice(0, 16) + "Z", machine: machine() };
  Object.assign(results, lastJson(run(release_("examples/decide_ns"), [])), lastJson(run(release_("examples/verify_us"), [])));
  Object.assign(results, auditVerify(), backTests(), recolouring());
  const server = await startServer(join(directory, "data"));
  try {
    await measure(server, join(directory, "state.json"), results);
  } finally {
    await stopServer(server);
    if (!options.keep) rmSync(directory, { recursive: true, force: true });
  }
  writeFileSync(join(root, "bench/results.json"), `${JSON.stringify(results, null, 2)}\n`);
  writeTable(results);
  process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
}

await main();
