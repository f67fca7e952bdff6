import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { SottoError } from "../../src/base/index.ts";
import { connect, createLab, LOOPBACK, noSignal, until } from "./support.ts";

const run = promisify(execFile);

describe("node: starting, bootstrapping, stopping", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  const faultOf = (job: Promise<unknown>): Promise<unknown> =>
    job.then(
      () => assert.fail("nothing was thrown"),
      (error: unknown) => error,
    );

  it("takes a new host key at each start, unless a bootstrap host brings its own", async () => {
    const [a, b] = [await lab.node(), await lab.node()];
    assert.notEqual(a.transport.host, b.transport.host);
    const privateKey = new Uint8Array(32).fill(9);
    const first = await lab.bootstrap({ privateKey });
    const second = await lab.bootstrap({ privateKey });
    assert.equal(first.status().host, second.status().host);
  });

  it("names the address whose port is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    lab.later(() => server.close());
    await until(() => server.listening);
    const place = server.address();
    assert.ok(place !== null && typeof place === "object");
    const taken = `/ip4/127.0.0.1/tcp/${place.port}`;
    const error = await faultOf(lab.node({ listen: [...LOOPBACK, taken] }));
    assert.ok(error instanceof SottoError && error.code === "port-in-use");
    assert.ok(error.message.includes(taken));
  });

  it("names an address that is none of this machine's", async () => {
    const elsewhere = "/ip4/192.0.2.1/tcp/0";
    const error = await faultOf(lab.node({ listen: [elsewhere] }));
    assert.ok(error instanceof SottoError && error.code === "listen-failed");
    assert.equal(
      error.message,
      `Could not listen on ${elsewhere}: this machine has no such address.`,
    );
  });

  it("refuses addresses that it cannot use, before it listens", async () => {
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

  it("tells others the announced addresses instead of its own", async () => {
    const node = await lab.node({ announce: ["/dns4/example.org/tcp/4001"] });
    assert.deepEqual(node.transport.addresses(), ["/dns4/example.org/tcp/4001"]);
  });

  it("finds a bootstrap host that comes up late, and again when it comes back", async () => {
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

  it("takes bootstrap hosts up and away while it runs", async () => {
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

  it("tells who is connected, how, and who is in which DHT", async () => {
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

  it("refuses to dial once it has stopped, and stops twice without harm", async () => {
    const [a, b] = [await lab.node(), await lab.node()];
    await a.stop();
    await a.stop();
    await assert.rejects(a.transport.dial({ addresses: b.transport.addresses() }, noSignal()));
  });

  it("leaves a process that has stopped its nodes nothing to wait for", async () => {
    const { stdout } = await run(process.execPath, ["--import", "tsx", "test/node/exit.ts"], {
      timeout: 15_000,
    });
    assert.equal(stdout, "stopped\n");
  });
});
