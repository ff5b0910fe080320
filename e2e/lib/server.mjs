/**
 * The real binary, started for the tests and stopped in the middle of one.
 *
 * Starts `target/debug/gridpass serve` in demo mode on a data directory of its own. With
 * GRIDPASS_PUBLIC_URL and GRIDPASS_STAFF_URL set, an instance that already runs is used instead
 * (it cannot be stopped then, and the tests that stop it are skipped).
 */
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
const READY_MS_MAX = 60_000;

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => probe.once("listening", done));
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

/** Waits until a server says that it is ready. */
async function ready(url, gone) {
  const until_ms = Date.now() + READY_MS_MAX;
  while (Date.now() < until_ms) {
    if (gone()) throw new Error(`the server ended: ${gone()}`);
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((wake) => setTimeout(wake, 100));
  }
  throw new Error(`${url} is not ready after ${READY_MS_MAX} ms`);
}

/** A server that is not ours. */
function running(publicUrl, staffUrl) {
  return {
    publicUrl,
    staffUrl,
    admin: {
      username: process.env.GRIDPASS_ADMIN ?? "admin",
      password: process.env.GRIDPASS_ADMIN_PASSWORD ?? "",
    },
    stoppable: false,
    end: async () => undefined,
  };
}

/**
 * Starts the binary, or takes the instance named in the environment. `more` are further arguments,
 * or makes them of the server's addresses; `site` are those that the command making the first account takes as well.
 */
export async function startServer(more = [], site = []) {
  const { GRIDPASS_PUBLIC_URL, GRIDPASS_STAFF_URL } = process.env;
  if (GRIDPASS_PUBLIC_URL && GRIDPASS_STAFF_URL) return running(GRIDPASS_PUBLIC_URL, GRIDPASS_STAFF_URL);
  const binary = process.env.GRIDPASS_BIN ?? join(root, "target/debug/gridpass");
  const data = await mkdtemp(join(tmpdir(), "gridpass-e2e-"));
  const [publicPort, staffPort] = [await freePort(), await freePort()];
  const common = ["--data-dir", data, "--mode", "demo", ...site];
  const server = {
    publicUrl: `http://localhost:${publicPort}`,
    staffUrl: `http://localhost:${staffPort}`,
    stoppable: true,
  };
  let child = null;
  let end = null;
  server.start = async () => {
    const args = ["serve", ...common, "--web-dir", join(root, "web/apps")];
    args.push(...(typeof more === "function" ? more(server) : more));
    args.push("--public-addr", `127.0.0.1:${publicPort}`, "--staff-addr", `127.0.0.1:${staffPort}`);
    child = spawn(binary, args, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    let gone = null;
    child.stderr.on("data", (chunk) => {
      said = (said + chunk).slice(-4000);
    });
    child.once("error", (error) => {
      gone = error.message;
    });
    end = new Promise((done) => {
      child.once("exit", (code) => {
        gone = `exit ${code}\n${said}`;
        done();
      });
    });
    await ready(server.staffUrl, () => gone);
  };
  server.stop = async () => {
    child?.kill("SIGTERM");
    await end;
    child = null;
  };
  server.end = async () => {
    if (child) await server.stop();
    await rm(data, { recursive: true, force: true });
  };
  await server.start();
  const account = ["staff", "create", ...common, "--username", "admin", "--role", "security_admin"];
  const { stdout } = await promisify(execFile)(binary, account, { cwd: root });
  server.admin = { username: "admin", password: stdout.trim() };
  return server;
}
