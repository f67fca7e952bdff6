import assert from "node:assert/strict";
import { createLab, findAll, keysOf, noSignal, recordOf, until } from "../support.ts";

describe("node: peer cache", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  it("rejoins the mesh without any bootstrap node", async () => {
    const bootstrap = await lab.bootstrap();
    const hosts = bootstrap.addresses();
    const [first, second, third] = [
      await lab.node({ bootstrap: hosts }),
      await lab.node({ bootstrap: hosts }),
      await lab.node({ bootstrap: hosts }),
    ];
    for (const node of [first, second, third])
      await until(() => node.status().lanDht + node.status().wanDht >= 3);
    const known = await third.knownPeers();
    assert.ok(known.length >= 3);
    assert.ok(known.every((address) => !address.includes("/p2p/")));
    await third.stop();
    await bootstrap.stop();

    // With other ports and another host key, and a dead bootstrap address.
    const again = await lab.node({ bootstrap: hosts });
    await again.rejoin(known);
    await until(() => again.status().lanDht >= 1);
    await first.rendezvous.publish(keysOf(1).tag, recordOf(1), noSignal());
    assert.equal((await findAll(again, keysOf(1).tag)).length, 1);
  });

  it("skips addresses that are malformed, dead or our own", async () => {
    const node = await lab.node();
    const other = await lab.node();
    await node.rejoin([
      "nonsense",
      "/dns4/x",
      "/ip4/127.0.0.1/tcp/1",
      ...node.transport.addresses(),
      ...other.transport.addresses(),
    ]);
    await until(() => node.peers().length === 1);
  });

  it("stops dialing once the node stops", async () => {
    const node = await lab.node();
    const asking = node.rejoin(Array.from({ length: 64 }, (_, i) => `/ip4/192.0.2.${i}/tcp/9`));
    await node.stop();
    await asking;
  });
});
