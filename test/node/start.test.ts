import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { SottoError } from "../../src/base/index.ts";
import { connect, createLab, LOOPBACK, noSignal, until } from "./support.ts";

const run = promisify(execFile);

describe("node: start, bootstrap and stop", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  const faultOf = (job: Promise<unknown>): Promise<unknown> =>
    job.then(
      () => assert.fail("nothing was thrown"),
      (error: unknown) => error,
    );

  it("generates a host key at each start, except for a bootstrap node with a stored one", async () => {
    const [a, b] = [await lab.node(), await lab.node()];
    assert.notEqual(a.transport.host, b.transport.host);
    const privateKey = new Uint8Array(32).fill(9);
    const first = await lab.bootstrap({ privateKey });
    const second = await lab.bootstrap({ privateKey });
    assert.equal(first.status().host, second.status().host);
  });

  it("names the address whose port is in use", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    lab.later(() => server.close());
    await until(() => server.listening);
    const address = server.address();
    assert.ok(address !== null && typeof address === "object");
    const inUse = `/ip4/127.0.0.1/tcp/${address.port}`;
    const error = await faultOf(lab.node({ listen: [...LOOPBACK, inUse] }));
    assert.ok(error instanceof SottoError && error.code === "port-in-use");
    assert.ok(error.message.includes(inUse));
  });

  it("names an address that this machine does not have", async () => {
    const elsewhere = "/ip4/192.0.2.1/tcp/0";
    const error = await faultOf(lab.node({ listen: [elsewhere] }));
    assert.ok(error instanceof SottoError && error.code === "listen-failed");
    assert.equal(
      error.message,
      `Could not listen on ${elsewhere}: this machine has no such address.`,
    );
  });

  it("rejects unusable addresses before it listens", async () => {
    const bad = [
      { listen: ["/ip4/127.0.0.1/udp/1"] },
      { announce: ["nonsense"] },
      { bootstrap: ["/ip4/127.0.0.1/tcp/1"] },
    ];
    for (const config of bad) {
      const error = await faultOf(lab.node(config));
      assert.ok(error instanceof SottoError && error.code === "address-invalid");
    }
  });

  it("advertises the configured addresses instead of its own", async () => {
    const node = await lab.node({ announce: ["/dns4/example.org/tcp/4001"] });
    assert.deepEqual(node.transport.addresses(), ["/dns4/example.org/tcp/4001"]);
  });

  it("connects to a bootstrap node that starts late, and reconnects when it returns", async () => {
    const privateKey = new Uint8Array(32).fill(3);
    const before = await lab.bootstrap({ privateKey });
    const [address = ""] = before.addresses();
    const listen = [address.split("/p2p/")[0] ?? ""];
    await before.stop();
    const bootstrapRetry = { min: 20, max: 60 };
    const node = await lab.node({ bootstrap: [address], tuning: { bootstrapRetry } });
    await until(() => node.status().bootstrap[0]?.error === "refused");
    assert.equal(node.status().bootstrap[0]?.state, "searching");
    const first = await lab.bootstrap({ privateKey, listen });
    await until(() => node.status().bootstrap[0]?.state === "connected");
    assert.deepEqual(
      node.peers().map(({ bootstrap, direction }) => ({ bootstrap, direction })),
      [{ bootstrap: true, direction: "out" }],
    );
    await first.stop();
    await until(() => node.status().bootstrap[0]?.state === "searching");
    await lab.bootstrap({ privateKey, listen });
    await until(() => node.status().bootstrap[0]?.state === "connected");
  });

  it("adds and removes bootstrap nodes while it runs", async () => {
    const host = await lab.bootstrap();
    const node = await lab.node();
    const [address = ""] = host.addresses();
    assert.throws(
      () => node.addBootstrap("/ip4/127.0.0.1/tcp/1"),
      (error) => error instanceof SottoError && error.code === "address-invalid",
    );
    node.addBootstrap(address);
    node.addBootstrap(address);
    await until(() => node.status().bootstrap[0]?.state === "connected");
    assert.equal(node.status().bootstrap.length, 1);
    assert.equal(node.removeBootstrap(address), true);
    assert.equal(node.removeBootstrap(address), false);
    assert.deepEqual(node.status().bootstrap, []);
  });

  it("lists connected peers, their protocols and their DHTs", async () => {
    const [a, b] = [await lab.node(), await lab.node()];
    await connect(a, b);
    await until(() => a.status().lanDht === 1);
    const [peer] = a.peers();
    assert.equal(peer?.host, b.transport.host);
    assert.equal(peer?.direction, "out");
    assert.deepEqual([peer?.lanDht, peer?.wanDht, peer?.bootstrap], [true, false, false]);
    assert.ok(peer?.protocols.includes("/sotto/link/1"));
    assert.deepEqual([peer?.address], b.transport.addresses());
    assert.equal(a.status().peers, 1);
  });

  it("rejects dials after stopping, and can be stopped twice", async () => {
    const [a, b] = [await lab.node(), await lab.node()];
    await a.stop();
    await a.stop();
    await assert.rejects(a.transport.dial({ addresses: b.transport.addresses() }, noSignal()));
  });

  it("lets a process exit after its nodes have stopped", async () => {
    const { stdout } = await run(
      process.execPath,
      ["--import", "tsx", "test/node/exit-after-stop.ts"],
      {
        timeout: 15_000,
      },
    );
    assert.equal(stdout, "stopped\n");
  });
});
