import assert from "node:assert/strict";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import { type HostId, SottoError } from "../../../src/base/index.ts";
import { systemClock } from "../../../src/node/util/deadline.ts";
import type { Transport } from "../../../src/ports/index.ts";
import { connect, createLab, incoming, noSignal, stranger, until } from "../support.ts";

/** A refusing port on loopback: it was free a moment ago. */
const CLOSED = "/ip4/127.0.0.1/tcp/1";

describe("node: dialer", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  const failure = async (transport: Transport, addresses: string[], host?: HostId) => {
    const target = host === undefined ? { addresses } : { addresses, host };
    const error = await transport.dial(target, noSignal()).then(
      () => assert.fail("the dial succeeded"),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof SottoError && error.code === "peer-unreachable");
    return error.message;
  };

  it("connects by the only good address among bad ones", async () => {
    const [a, b] = [await lab.node(), await lab.node()];
    const taken = incoming(b);
    const addresses = [CLOSED, "nonsense", ...b.transport.addresses()];
    const channel = await a.transport.dial({ addresses, host: b.transport.host }, noSignal());
    assert.equal(channel.remote, b.transport.host);
    assert.equal((await taken).remote, a.transport.host);
  });

  it("reports the host that answers if none is expected", async () => {
    const [a, b] = [await lab.node(), await lab.node()];
    b.transport.onChannel(() => undefined);
    const channel = await a.transport.dial({ addresses: b.transport.addresses() }, noSignal());
    assert.equal(channel.remote, b.transport.host);
  });

  it("uses an existing connection even if every address is wrong", async () => {
    const [a, b] = [await lab.node(), await lab.node()];
    await connect(a, b);
    const target = { addresses: [CLOSED], host: b.transport.host };
    const channel = await a.transport.dial(target, noSignal());
    assert.equal(channel.remote, b.transport.host);
    assert.equal(a.peers().length, 1);
  });

  it("opens a link on the connection that the other side opened", async () => {
    const [a, b] = [await lab.node(), await lab.node()];
    await connect(a, b);
    a.transport.onChannel(() => undefined);
    const channel = await b.transport.dial(
      { addresses: [CLOSED], host: a.transport.host },
      noSignal(),
    );
    assert.equal(channel.remote, a.transport.host);
  });

  /** The address of a server that does as told with each connection. */
  const serverAt = async (onSocket: (socket: Socket) => unknown): Promise<string> => {
    const server = createServer(onSocket).listen(0, "127.0.0.1");
    lab.later(() => server.close());
    await until(() => server.listening);
    return `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}`;
  };

  it("dials a host whose connection is open and silent", async () => {
    const hurry = 5;
    const clock = {
      ...systemClock,
      after: (ms: number, job: () => void) => systemClock.after(ms / hurry, job),
    };
    const [a, b] = [await lab.node({ clock }), await lab.node()];
    const [direct = ""] = b.transport.addresses();
    const sockets: Socket[] = [];
    const detour = await serverAt((socket) => {
      const onward = createConnection(Number(direct.split("/").at(-1)), "127.0.0.1");
      for (const one of [socket, onward]) one.on("error", () => undefined);
      socket.pipe(onward).pipe(socket);
      sockets.push(socket, onward);
    });
    const target = { host: b.transport.host };
    b.transport.onChannel(() => undefined);
    await a.transport.dial({ ...target, addresses: [detour] }, noSignal());
    for (const socket of sockets) socket.unpipe().pause();
    lab.later(() => {
      for (const socket of sockets) socket.destroy();
    });
    const channel = await a.transport.dial({ ...target, addresses: [direct] }, noSignal());
    assert.equal(channel.remoteAddress, direct);
  });

  it("reports for each address why it failed", async () => {
    const node = await lab.node();
    const other = await stranger(lab);
    const [foreign = ""] = other
      .getMultiaddrs()
      .map((address) => address.toString().split("/p2p")[0]);
    const full = await serverAt((socket) => socket.destroy());
    const fullAfterData = await serverAt((socket) => socket.once("data", () => socket.destroy()));
    const [own = ""] = node.transport.addresses();
    const message = await failure(node.transport, [
      CLOSED,
      "nonsense",
      "/ip4/127.0.0.1/udp/9/quic-v1",
      foreign,
      full,
      fullAfterData,
      own,
    ]);
    for (const reason of [
      `${CLOSED}: refused`,
      "nonsense: not an address we can use",
      "/ip4/127.0.0.1/udp/9/quic-v1: not an address we can use",
      `${foreign}: no Sotto node`,
      `${full}: closed by the peer`,
      `${fullAfterData}: closed by the peer`,
      `${own}: our own address`,
    ])
      assert.ok(message.includes(reason), `${reason} is not in: ${message}`);
  });

  it("stops after its time limit at an address that accepts and stays silent", async () => {
    const node = await lab.node({ tuning: { dial: 500 } });
    const silent = await serverAt(() => undefined);
    assert.ok((await failure(node.transport, [silent])).includes(`${silent}: timed out`));
  });

  it("rejects another host than the expected one", async () => {
    const [a, b, c] = [await lab.node(), await lab.node(), await lab.node()];
    b.transport.onChannel(() => assert.fail("a link was opened to the wrong host"));
    const message = await failure(a.transport, [...b.transport.addresses()], c.transport.host);
    assert.ok(message.includes("another node answers there"), message);
    await until(() => a.peers().length === 0);
  });

  it("does not dial itself, by PeerId or by address", async () => {
    const node = await lab.node();
    const { host } = node.transport;
    assert.match(await failure(node.transport, [CLOSED], host), /PeerId is that of this node/);
    assert.match(await failure(node.transport, []), /no address is known/);
  });

  it("stops at once when cancelled", async () => {
    const node = await lab.node();
    const mute = createServer(() => undefined).listen(0, "127.0.0.1");
    lab.later(() => mute.close());
    await until(() => mute.listening);
    const address = mute.address();
    assert.ok(address !== null && typeof address === "object");
    const leave = new AbortController();
    const dialing = node.transport.dial(
      { addresses: [`/ip4/127.0.0.1/tcp/${address.port}`] },
      leave.signal,
    );
    leave.abort();
    await assert.rejects(dialing, /cancelled/);
  });

  it("keeps one connection if several addresses reach the host", async () => {
    const [a, b] = [
      await lab.node(),
      await lab.node({ listen: ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.2/tcp/0"] }),
    ];
    b.transport.onChannel(() => undefined);
    assert.equal(b.transport.addresses().length, 2);
    await a.transport.dial(
      { addresses: b.transport.addresses(), host: b.transport.host },
      noSignal(),
    );
    await until(() => a.peers().length === 1 && b.peers().length === 1);
  });
});
