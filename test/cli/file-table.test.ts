import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { build, ended, type Program } from "./built.ts";
import { runHere } from "./in-process.ts";

/**
 * Loaded before a node: writes turns of the event loop and who was refused a list of the interfaces,
 * and throws in a timer on SIGUSR2.
 */
const WATCHER = `
const { writeSync } = require("node:fs");
const os = require("node:os");
const list = os.networkInterfaces;
os.networkInterfaces = () => {
  try {
    return list();
  } catch (error) {
    writeSync(2, "REFUSED " + new Error().stack.replaceAll("\\n", " ") + "\\n");
    throw error;
  }
};
require("node:module").syncBuiltinESMExports();
setInterval(() => writeSync(2, "TURN\\n"), 100).unref();
process.on("SIGUSR2", () => setTimeout(() => { throw new RangeError("a secret"); }));
`;
/** What lists interfaces in a timer. */
const CALLERS = ["network-change", "multicast-socket"];
/** A network of its own, with a card that has addresses. */
const NETWORK =
  "ip link set lo up; ip link add v0 type veth peer name v1; ip addr add 192.168.7.2/24 dev v0; " +
  'ip link set v1 up; ip link set v0 up; exec "$@"';

describe("a node whose machine refuses", function () {
  this.timeout(60_000);
  let sotto: Program;
  const nodes: ChildProcess[] = [];
  before(function () {
    try {
      execFileSync("unshare", ["--map-root-user", "--net", "prlimit", "--version"]);
    } catch {
      this.skip();
    }
    sotto = build();
    writeFileSync(sotto.home("watcher.cjs"), WATCHER);
  });
  after(() => {
    for (const node of nodes) node.kill("SIGKILL");
    return sotto?.clear();
  });

  /** Starts a node that writes a line for each refusal. */
  async function start(home: string, through: readonly string[], ...args: string[]) {
    const node = [process.execPath, "--require", sotto.home("watcher.cjs"), sotto.bin];
    const [command = "", ...rest] = [...through, ...node, ...args, "--json"];
    const child = spawn(command, rest, { env: sotto.env(home) });
    nodes.push(child);
    let said = "";
    const waiting = new Set<() => void>();
    const hear = (text: string): void => {
      said += text;
      for (const look of waiting) look();
    };
    child.stdout.setEncoding("utf8").on("data", hear);
    child.stderr.setEncoding("utf8").on("data", hear);
    /** Waits for a line that was not written yet. */
    const next = (pattern: RegExp): Promise<string> =>
      new Promise((resolve, reject) => {
        const from = said.length;
        const look = (): void => {
          const [found] = pattern.exec(said.slice(from)) ?? [];
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        child.once("close", () => reject(new Error(said)));
      });
    const first = JSON.parse(await next(/^\{.*"addresses".*\n/m));
    return { child, next, first, said: () => said };
  }

  /** Starts a user's node with discovery on, in a network of its own. */
  const up = (home: string) =>
    start(
      home,
      ["unshare", "--map-root-user", "--net", "sh", "-c", NETWORK, "sh"],
      ...["up", "--name", "ann"],
    );

  /** Sets how many files a process may have open. */
  const allowFiles = (pid: number | undefined, most: number): void =>
    void execFileSync("prlimit", [`--pid=${pid}`, `--nofile=${most}:4096`]);

  /** Makes connections that the kernel takes and the node cannot accept. */
  async function knock(at: NetConnectOpts): Promise<Socket[]> {
    const sockets = Array.from({ length: 4 }, () => connect(at).on("error", () => undefined));
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    return sockets;
  }

  it("a file descriptor runs on, and serves again when there is one", async () => {
    const home = sotto.home("files");
    const { child, next } = await up(home);
    allowFiles(child.pid, 1);
    await Promise.all(CALLERS.map((caller) => next(new RegExp(`REFUSED .*${caller}`))));
    const sockets = await knock({ path: `${home}/sotto.sock` });
    await next(/TURN\n(?:.*\n)*TURN\n/);
    allowFiles(child.pid, 4096);
    for (const socket of sockets) socket.destroy();
    assert.equal((await runHere(home, ["status"])).code, 0);
    assert.equal(await ended(child, "SIGTERM"), 0);
  });

  it("an unforeseen call logs kind and place, and stops in order", async () => {
    const home = sotto.home("thrown");
    const { child, said } = await up(home);
    assert.equal(await ended(child, "SIGUSR2"), 1);
    assert.match(said(), /"event":"uncaught-exception","kind":"RangeError"/);
    assert.match(said(), /An unexpected RangeError stopped the node/);
    assert.doesNotMatch(said(), /a secret/);
    // In order: nothing is left that the next start would have to repair.
    assert.throws(() => execFileSync("ls", [`${home}/node.lock`], { stdio: "ignore" }));
    const next = await runHere(home, ["status"]);
    assert.match(next.err, /RangeError/);
  });
});
