import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { build, type Program } from "./built.ts";

const NAMESPACE = ["--map-root-user", "--pid", "--fork"];

describe("a node that is process 1, as in a container", function () {
  this.timeout(60_000);
  let sotto: Program;
  let outside: ChildProcess;
  before(function () {
    try {
      execFileSync("unshare", [...NAMESPACE, "true"], { stdio: "ignore" });
    } catch {
      this.skip();
    }
    sotto = build();
  });
  afterEach(() => outside?.kill("SIGKILL"));
  after(() => sotto?.clear());

  /** Starts a node, and returns its pid as seen from here, and what it writes. */
  async function start(home: string) {
    const args = ["up", "--no-mdns", "--listen", "/ip4/127.0.0.1/tcp/0", "--name", "ann"];
    outside = spawn("unshare", [...NAMESPACE, process.execPath, sotto.bin, ...args], {
      env: sotto.env(home),
    });
    let said = "";
    const ready = new Promise<void>((resolve) => {
      outside.stderr?.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        if (/Ready/.test(said)) resolve();
      });
    });
    const children = `/proc/${outside.pid}/task/${outside.pid}/children`;
    while (readFileSync(children, "utf8") === "") await new Promise(setImmediate);
    return { pid: Number(readFileSync(children, "utf8")), ready, said: () => said };
  }

  /** Whether a process handles SIGHUP; Node itself handles SIGTERM and SIGINT, to no avail. */
  const handlesSignals = (pid: number): boolean =>
    /^SigCgt:\t[0-9a-f]*[13579bdf]$/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));

  it("ends by a signal while it is still loading", async () => {
    const home = sotto.home("early");
    const { pid, said } = await start(home);
    while (!handlesSignals(pid)) await new Promise(setImmediate);
    process.kill(pid, "SIGTERM");
    const [code] = await once(outside, "close");
    assert.deepEqual([code, said()], [143, ""]);
    assert.ok(!existsSync(`${home}/node.lock`));
  });

  it("stops in order by a signal when it is ready", async () => {
    const home = sotto.home("ready");
    const { pid, ready, said } = await start(home);
    await ready;
    process.kill(pid, "SIGTERM");
    const [code] = await once(outside, "close");
    assert.equal(code, 0);
    assert.match(said(), /Stopped/);
  });
});
