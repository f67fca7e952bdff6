import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { generateKeyPair } from "@libp2p/crypto/keys";
import type { Stream } from "@libp2p/interface";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { utf8 } from "../../../src/base/index.ts";
import { DIALBACK_PROTOCOL } from "../../../src/node/util/protocols.ts";
import { encodeFrame } from "../../../src/wire/index.ts";
import {
  connect,
  createLab,
  findAll,
  keysOf,
  noSignal,
  recordOf,
  stranger,
  take,
  until,
} from "../support.ts";

describe("node: several bootstrap nodes", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  const newPeer = async (): Promise<string> =>
    peerIdFromPrivateKey(await generateKeyPair("Ed25519")).toString();

  /** The address of a TCP server that is no libp2p host. */
  async function socket(serve: (socket: Socket) => void): Promise<string> {
    const sockets = new Set<Socket>();
    const server = createServer((one) => {
      sockets.add(one);
      one.on("error", () => undefined);
      serve(one);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    lab.later(() => {
      server.close();
      for (const one of sockets) one.destroy();
    });
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    return `/ip4/127.0.0.1/tcp/${address.port}/p2p/${await newPeer()}`;
  }

  /**
   * A host that speaks the protocols and answers every request falsely.
   * @returns its address.
   */
  async function attacker(verdict: string): Promise<string> {
    const host = await stranger(lab);
    const garbage = (stream: Stream): void => {
      stream.addEventListener("message", () =>
        stream.send(crypto.getRandomValues(new Uint8Array(300))),
      );
    };
    for (const protocol of ["/sotto/kad/1.0.0", "/sotto/lan/kad/1.0.0", "/sotto/signal/1"])
      await host.handle(protocol, garbage);
    await host.handle(DIALBACK_PROTOCOL, (stream) => {
      stream.addEventListener("message", () => stream.send(encodeFrame(utf8(verdict))));
    });
    return String(host.getMultiaddrs()[0]);
  }

  it("lets a mesh form although one is dead, one silent, one malformed and two lie", async () => {
    const good = await lab.bootstrap({ privateWan: true });
    const bootstrap = [
      `/ip4/127.0.0.1/tcp/1/p2p/${await newPeer()}`,
      await socket(() => undefined),
      await socket((one) => one.write(crypto.getRandomValues(new Uint8Array(2_000)))),
      await attacker("reached"),
      await attacker("refused"),
      ...good.addresses(),
    ];
    const config = { privateWan: true, bootstrap };
    const alice = await lab.node(config);
    const bob = await lab.node(config);
    const last = bootstrap.length - 1;
    await until(() =>
      [alice, bob].every((node) => node.status().bootstrap[last]?.state === "connected"),
    );
    await until(() => alice.rendezvous.peers() > 0 && bob.rendezvous.peers() > 0);
    const { tag } = keysOf(1);
    const record = recordOf(1);
    assert.ok((await alice.rendezvous.publish(tag, record, noSignal())) > 0);
    // The record is there before the lookup ends, which waits for the peers that never answer.
    for await (const found of bob.rendezvous.lookup(tag, noSignal())) {
      assert.deepEqual(found, record);
      break;
    }
    const [ours, theirs] = await connect(alice, bob);
    await ours.send([Uint8Array.of(1)]);
    assert.deepEqual(await take(theirs, 1), [Uint8Array.of(1)]);
    const states = alice.status().bootstrap.map(({ state }) => state);
    assert.deepEqual(states.slice(0, 3), ["searching", "searching", "searching"]);
    // Publishing alone may take twice the time for a request that gets no answer.
  }).timeout(60_000);

  it("forms one mesh of two connected bootstrap nodes, which survives the loss of either", async () => {
    const one = await lab.bootstrap({ privateWan: true });
    const two = await lab.bootstrap({ privateWan: true, bootstrap: one.addresses() });
    await until(() => two.status().bootstrap[0]?.state === "connected");
    const alice = await lab.node({ privateWan: true, bootstrap: one.addresses() });
    const bob = await lab.node({ privateWan: true, bootstrap: two.addresses() });
    await until(() => alice.status().wanDht > 0 && bob.status().wanDht > 0);
    const first = keysOf(1).tag;
    await alice.rendezvous.publish(first, recordOf(1), noSignal());
    assert.equal((await findAll(bob, first)).length, 1);
    // By now each knows the other's bootstrap node, or learns it through its own.
    await until(() => [alice, bob].every((node) => node.status().wanDht > 1));
    await one.stop();
    const second = keysOf(2).tag;
    assert.ok((await alice.rendezvous.publish(second, recordOf(2), noSignal())) > 0);
    assert.equal((await findAll(bob, second)).length, 1);
    const carol = await lab.node({ privateWan: true, bootstrap: two.addresses() });
    await until(() => carol.status().wanDht > 0);
    assert.equal((await findAll(carol, second)).length, 1);
  });

  it("reconnects to a lost bootstrap node, and never dials itself", async () => {
    const one = await lab.bootstrap({ privateKey: new Uint8Array(32).fill(9) });
    const addresses = one.addresses();
    const [address = ""] = addresses;
    const listen = [address.replace(/\/p2p\/.*/, "")];
    const two = await lab.bootstrap({
      bootstrap: addresses,
      tuning: { bootstrapRetry: { min: 20, max: 50 } },
    });
    await until(() => two.status().bootstrap[0]?.state === "connected");
    await one.stop();
    await until(() => two.status().bootstrap[0]?.state === "searching");
    const again = await lab.bootstrap({
      listen,
      privateKey: new Uint8Array(32).fill(9),
      bootstrap: addresses,
    });
    await until(() => two.status().bootstrap[0]?.state === "connected");
    assert.deepEqual(again.status().bootstrap, []);
  });
});
