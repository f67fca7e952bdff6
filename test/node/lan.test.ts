import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Runs a command on a network of its own, which has loopback and nothing else. */
const isolated = (command: string) =>
  run("unshare", ["-rn", "sh", "-c", `ip link set lo up && ${command}`], { timeout: 18_000 });

/** What a script in this folder prints there. */
async function answer(script: string): Promise<unknown> {
  const { stdout } = await isolated(`"${process.execPath}" --import tsx test/node/${script}`);
  return JSON.parse(stdout);
}

describe("node: the LAN (needs the right to make a network namespace)", () => {
  before(async function () {
    // Multicast would leave the machine unless the network is cut off: without that right nothing is tried.
    const allowed = await isolated("true").then(
      () => true,
      () => false,
    );
    if (!allowed) this.skip();
  });

  it("lets two nodes find each other by mDNS, and tells no host name", async () => {
    const told = { found: true, named: true, hostName: false, mdns: true };
    assert.deepEqual(await answer("lan-pair.ts"), told);
  });

  it("notices a new address of the machine, tells it, and believes it though it is public", async () => {
    assert.deepEqual(await answer("lan-move.ts"), {
      before: ["/ip4/127.0.0.1/tcp/4001"],
      quiet: 0,
      told: 1,
      after: ["/ip4/8.8.4.4/tcp/4001"],
      reached: true,
    });
  });
});
