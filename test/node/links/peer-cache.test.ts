import assert from "node:assert/strict";
import { createLab, findAll, keysOf, noSignal, recordOf, until } from "../support.ts";

describe("node/neighbours", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  it("bring a node back into the mesh when every bootstrap host is gone", async () => {
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

    // On other ports and under another host key, and with the bootstrap host's address leading
    // nowhere.
    const again = await lab.node({ bootstrap: hosts });
    await again.rejoin(known);
    await until(() => again.status().lanDht >= 1);
    await first.rendezvous.publish(keysOf(1).tag, recordOf(1), noSignal());
    assert.equal((await findAll(again, keysOf(1).tag)).length, 1);
  });

  it("that are nonsense, gone, or ourselves are passed over", async () => {
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

  it("are not asked any more once the node stops", async () => {
    const node = await lab.node();
    const asking = node.rejoin(Array.from({ length: 64 }, (_, i) => `/ip4/192.0.2.${i}/tcp/9`));
    await node.stop();
    await asking;
  });
});
