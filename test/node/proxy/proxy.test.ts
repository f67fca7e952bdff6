import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { multiaddr } from "@multiformats/multiaddr";
import fc from "fast-check";
import type { HostId } from "../../../src/base/index.ts";
import { DhtRendezvous } from "../../../src/node/dht/rendezvous.ts";
import { currentRendezvous } from "../../../src/node/host-rotation.ts";
import type { HostServices } from "../../../src/node/host-services.ts";
import type { Host } from "../../../src/node/model/host.ts";
import { parseProxy, proxyText } from "../../../src/node/proxy/proxy-address.ts";
import { SocksProxy } from "../../../src/node/proxy/socks-transport.ts";
import { connectThrough, SocksError } from "../../../src/node/proxy/socks5.ts";
import {
  hostOf,
  parseAddress,
  portOf,
  proximityOf,
  scopeOf,
} from "../../../src/node/util/address.ts";
import { systemClock } from "../../../src/node/util/deadline.ts";
import { DIALBACK_PROTOCOL } from "../../../src/node/util/protocols.ts";
import { silent } from "../../../src/ports/index.ts";
import {
  createLab,
  findAll,
  incoming,
  keysOf,
  type Lab,
  noSignal,
  recordOf,
  take,
  until,
  validator,
} from "../support.ts";
import { SocksServer } from "./socks-server.ts";

const ONION = `${"a".repeat(55)}d`;

describe("node: proxy address", () => {
  it("is parsed with and without a login, and shown without", () => {
    const plain = { host: "127.0.0.1", port: 9050 };
    assert.deepEqual(parseProxy("socks5://127.0.0.1:9050"), plain);
    assert.deepEqual(parseProxy(" socks5h://localhost:9050/\n"), plain);
    const six = parseProxy("socks5://u%3A:p%40%20@[::1]:1");
    assert.deepEqual(six, { host: "::1", port: 1, login: { user: "u:", password: "p@ " } });
    assert.ok(typeof six === "object");
    assert.equal(proxyText(six), "socks5://[::1]:1");
  });

  it("rejects any other text without repeating it", () => {
    for (const text of [
      "",
      "127.0.0.1:9050",
      "http://127.0.0.1:8080",
      "socks4://127.0.0.1:9050",
      "socks5://proxy.example:9050",
      "socks5://127.0.0.1",
      "socks5://127.0.0.1:0",
      "socks5://127.0.0.1:65536",
      "socks5://127.0.0.256:1",
      "socks5://secret@127.0.0.1:1",
      "socks5://secret:@127.0.0.1:1",
      "socks5://secret:%zz@127.0.0.1:1",
      `socks5://secret:${"x".repeat(256)}@127.0.0.1:1`,
    ]) {
      const refused = parseProxy(text);
      assert.ok(typeof refused === "string", text);
      assert.ok(!refused.includes("secret") && !refused.includes("example"));
    }
  });

  it("parses any text without throwing", () => {
    fc.assert(fc.property(fc.string(), (text) => void parseProxy(`socks5://${text}`)));
  });
});

describe("node: onion address", () => {
  it("can be dialed, is public, and is not on the local network", () => {
    const address = parseAddress(`/onion3/${ONION}:4001`);
    assert.ok(address);
    assert.deepEqual(
      [hostOf(address), portOf(address), scopeOf(address), proximityOf(address)],
      [`${ONION}.onion`, 4001, "public", "wan"],
    );
    assert.ok(
      parseAddress(
        `/onion3/${ONION}:4001/p2p/12D3KooWSahP5pFRCEfaziPEba7urXGeif6T1y8jmodzdFUvzBHj`,
      ),
    );
    for (const bad of [":0", ":65536", ":4001/tcp/1", "", ":4001/p2p-circuit"])
      assert.equal(parseAddress(`/onion3/${ONION}${bad}`), undefined, bad);
    assert.equal(parseAddress(`/onion3/${"a".repeat(56)}:1`), undefined, "another version");
  });

  it("distinguishes our own network from other private addresses", () => {
    const ways = (texts: string) =>
      texts
        .split(" ")
        .map((ip) => proximityOf(multiaddr(`/${ip.includes(":") ? "ip6" : "ip4"}/${ip}/tcp/1`)));
    assert.deepEqual(ways("127.0.0.1 ::1 ::ffff:127.0.0.1"), ["self", "self", "self"]);
    assert.deepEqual(
      new Set(ways("10.0.0.1 172.16.0.1 192.168.1.1 169.254.1.1 fe80::1 fd00::1 ::ffff:10.1.1.1")),
      new Set(["lan"]),
    );
    assert.deepEqual(
      new Set(ways("8.8.8.8 100.64.0.1 0.0.0.0 2001:4860::1 ::ffff:8.8.8.8 ::ffff:100.64.1.1")),
      new Set(["wan"]),
    );
    assert.equal(proximityOf(multiaddr("/dns4/printer.local/tcp/1")), "wan");
  });
});

describe("node: SOCKS5", () => {
  const servers: SocksServer[] = [];
  const start = async (options = {}) => {
    const server = await SocksServer.start(options);
    servers.push(server);
    return server;
  };
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop())));

  /** Echoes, after a greeting. */
  async function echo() {
    const server = createServer((socket) => {
      socket.write("first");
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    return { port, close: () => new Promise((resolve) => server.close(resolve)) };
  }
  const heard = async (socket: Socket, length: number) => {
    let text = "";
    while (text.length < length)
      text += String(await new Promise((resolve) => socket.once("data", resolve)));
    return text;
  };
  const fault = (kind: string, pattern: RegExp) => (error: unknown) =>
    error instanceof SocksError && error.kind === kind && pattern.test(error.message);

  it("loses no byte, and passes names unresolved", async () => {
    const far = await echo();
    const names = new Map([["somewhere.example", { host: "127.0.0.1", port: far.port }]]);
    const server = await start({ names });
    for (const host of [Uint8Array.of(127, 0, 0, 1), "somewhere.example"]) {
      const to = { host, port: far.port };
      const socket = await connectThrough(server.address, to, undefined, noSignal());
      socket.write("hello");
      assert.equal(await heard(socket, 10), "firsthello");
      socket.destroy();
    }
    assert.deepEqual(
      server.asked.map(({ host }) => host),
      ["127.0.0.1", "somewhere.example"],
    );
    await far.close();
  });

  it("reports what failed: no proxy, another program, the login, the destination", async () => {
    const to = { host: Uint8Array.of(127, 0, 0, 1), port: 1 };
    const dial = (port: number, login?: { user: string; password: string }) =>
      connectThrough({ host: "127.0.0.1", port }, to, login, noSignal());
    const gone = await start();
    const { port } = gone;
    await gone.stop();
    await assert.rejects(dial(port), fault("down", /does not answer/));
    const other = await echo();
    await assert.rejects(dial(other.port), fault("refused", /no SOCKS5 proxy/));
    await other.close();
    const guarded = await start({ login: ["me", "secret"] });
    await assert.rejects(dial(guarded.port), fault("refused", /requires a user/));
    const wrong = { user: "me", password: "wrong" };
    await assert.rejects(dial(guarded.port, wrong), fault("refused", /refuses the user/));
    await assert.rejects(
      dial(guarded.port, { user: "me", password: "secret" }),
      fault("destination", /^refused$/),
    );
    for (const [reply, pattern] of [
      [2, /not allowed to connect there/],
      [4, /not found/],
      [6, /timed out/],
      [0xf0, /onion service not found/],
      [99, /the proxy failed/],
    ] as const) {
      const server = await start({ reply });
      await assert.rejects(dial(server.port), fault("destination", pattern));
    }
  });

  it("fails if the proxy closes at any byte or stays silent until the timeout", async () => {
    const replies = [5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for (let length = 0; length < replies.length; length++) {
      const server = createServer((socket) => {
        socket.on("error", () => undefined);
        socket.once("data", () => socket.end(Uint8Array.from(replies.slice(0, length))));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const address = server.address();
      const port = typeof address === "object" ? (address?.port ?? 0) : 0;
      const to = { host: Uint8Array.of(1, 2, 3, 4), port: 1 };
      await assert.rejects(
        connectThrough({ host: "127.0.0.1", port }, to, undefined, noSignal()),
        SocksError,
        `${length} bytes`,
      );
      await new Promise((resolve) => server.close(resolve));
    }
    const mute = createServer((socket) => void socket.on("error", () => undefined).resume());
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const address = mute.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    const end = new AbortController();
    const to = { host: "x", port: 1 };
    const waiting = connectThrough({ host: "127.0.0.1", port }, to, undefined, end.signal);
    setTimeout(() => end.abort(), 50);
    await assert.rejects(waiting, { name: "AbortError" });
    await new Promise((resolve) => mute.close(resolve));
  });

  it("uses separate credentials per contact and run, or the configured ones", async () => {
    const server = await start({ curious: true, reply: 5 });
    const dial = async (proxy: SocksProxy, isolationKey?: string) => {
      const options = { signal: noSignal(), ...(isolationKey !== undefined && { isolationKey }) };
      await proxy.connect(multiaddr("/ip4/127.0.0.1/tcp/1"), options).catch(() => undefined);
      return server.asked.at(-1)?.user;
    };
    const proxy = new SocksProxy(server.address, systemClock, silent);
    const [none, bob, carol, again] = [
      await dial(proxy),
      await dial(proxy, "bob"),
      await dial(proxy, "carol"),
      await dial(proxy, "bob"),
    ];
    assert.equal(new Set([none, bob, carol]).size, 3);
    assert.equal(bob, again);
    const next = new SocksProxy(server.address, systemClock, silent);
    assert.notEqual(await dial(next, "bob"), bob);
    const login = { user: "me", password: "secret" };
    const guarded = new SocksProxy({ ...server.address, login }, systemClock, silent);
    assert.deepEqual([await dial(guarded, "bob"), await dial(guarded)], ["me", "me"]);
    assert.equal(proxy.state().state, "working");
    assert.ok(!JSON.stringify(guarded.state()).includes("secret"));
    for (const each of [proxy, next, guarded]) each.stop();
  });
});

describe("node: behind a proxy", function () {
  this.timeout(30_000);
  let lab: Lab;
  let proxy: SocksServer;

  beforeEach(async () => {
    lab = createLab();
    proxy = await SocksServer.start({ curious: true, names: new Map() });
    lab.later(() => proxy.stop());
  });
  afterEach(() => lab.clear());

  const names = () => proxy.options.names as Map<string, { host: string; port: number }>;
  const portIn = (address = "") => Number(/\/tcp\/(\d+)/.exec(address)?.[1]);

  it("dials bootstrap nodes, the DHT and contacts through it, and reveals no address", async () => {
    const host = await lab.bootstrap({ privateWan: true });
    const plain = await lab.node({ privateWan: true, bootstrap: host.addresses() });
    const hidden = await lab.node({
      privateWan: true,
      bootstrap: host.addresses(),
      listen: [],
      mdns: true,
      portMapping: true,
      proxy: proxy.address,
    });
    await until(() => hidden.status().bootstrap.every(({ state }) => state === "connected"));
    await until(() => hidden.rendezvous.peers() > 0 && plain.rendezvous.peers() > 0);
    assert.equal(await plain.rendezvous.publish(keysOf(1).tag, recordOf(1), noSignal()), 1);
    assert.equal((await findAll(hidden, keysOf(1).tag)).length, 1);
    const taken = incoming(plain);
    const target = { host: plain.transport.host, addresses: plain.transport.addresses() };
    const ours = await hidden.transport.dial({ ...target, isolationKey: "bob" }, noSignal());
    await ours.send([Uint8Array.of(1, 2, 3)]);
    assert.deepEqual(await take(await taken, 1), [Uint8Array.of(1, 2, 3)]);
    const status = hidden.status();
    assert.deepEqual([status.addresses, status.listening, status.mdns], [[], [], false]);
    assert.deepEqual(status.proxy, {
      address: `socks5://127.0.0.1:${proxy.port}`,
      state: "working",
    });
    assert.deepEqual([status.nat.portMap.state, status.lanDht], ["off", 0]);
    assert.ok(
      !status.protocols.includes(DIALBACK_PROTOCOL),
      "it would dial back through the proxy",
    );
    // The proxy has seen every connection, and that to bob under separate credentials.
    const asked = new Set(proxy.asked.map(({ port }) => port));
    for (const { address, direction } of hidden.peers())
      assert.ok(direction === "out" && asked.has(portIn(address)), address);
    const users = (port: number) =>
      new Set(proxy.asked.filter((one) => one.port === port).map(({ user }) => user));
    const general = users(portIn(host.addresses()[0]));
    for (const user of users(portIn(target.addresses[0]))) if (!general.has(user)) return;
    assert.fail("no way of its own");
  });

  it("lets the proxy resolve names, and connects to onion services", async () => {
    const listening = (node: { status(): { listening: string[] } }) => ({
      host: "127.0.0.1",
      port: portIn(node.status().listening[0]),
    });
    const announce = [`/onion3/${ONION}:4001`];
    const alice = await lab.node({ announce, proxy: proxy.address });
    const bob = await lab.node({ listen: [], proxy: proxy.address });
    names().set(`${ONION}.onion`, listening(alice));
    names().set("alice.example", listening(alice));
    assert.deepEqual(alice.transport.addresses(), announce);
    for (const address of [announce[0] as string, "/dns4/alice.example/tcp/4001"]) {
      const taken = incoming(alice);
      const target = { host: alice.transport.host, addresses: [address], isolationKey: address };
      const ours = await bob.transport.dial(target, noSignal());
      await ours.send([Uint8Array.of(7)]);
      const theirs = await taken;
      assert.deepEqual(await take(theirs, 1), [Uint8Array.of(7)]);
      assert.deepEqual([ours.proximity, theirs.proximity], ["wan", "self"]);
      await ours.close();
    }
    assert.deepEqual(
      new Set(proxy.asked.map(({ host }) => host)),
      new Set([`${ONION}.onion`, "alice.example"]),
    );
  });

  it("connects to a bootstrap node that is an onion service", async () => {
    const host = await lab.bootstrap({ announce: [`/onion3/${ONION}:4001`] });
    const port = portIn(host.status().listening[0]);
    names().set(`${ONION}.onion`, { host: "127.0.0.1", port });
    const [address = ""] = host.addresses();
    assert.ok(address.startsWith(`/onion3/${ONION}:4001/p2p/`));
    const node = await lab.node({ listen: [], bootstrap: [address], proxy: proxy.address });
    await until(() => node.status().bootstrap[0]?.state === "connected");
    assert.deepEqual(
      node.peers().map(({ address }) => address),
      [`/onion3/${ONION}:4001`],
    );
  });

  it("dials nothing past a dead proxy, reports it, and continues once it is back", async () => {
    const host = await lab.bootstrap();
    const { port } = proxy;
    await proxy.stop();
    const node = await lab.node({
      bootstrap: host.addresses(),
      listen: [],
      proxy: { host: "127.0.0.1", port },
    });
    await until(() => node.status().proxy?.state === "down");
    await until(() => node.status().bootstrap[0]?.error !== undefined);
    assert.equal(node.status().bootstrap[0]?.error, "the proxy does not answer");
    assert.deepEqual(node.peers(), []);
    await assert.rejects(
      node.transport.dial({ addresses: ["/ip4/127.0.0.1/tcp/1"], isolationKey: "bob" }, noSignal()),
      /the proxy does not answer/,
    );
    proxy = await SocksServer.start({}, port);
    lab.later(() => proxy.stop());
    assert.equal((await node.checkProxy())?.state, "working");
    await until(() => node.status().bootstrap[0]?.state === "connected");
  });

  it("reports why a node without a proxy cannot dial an onion address", async () => {
    const node = await lab.node();
    await assert.rejects(
      node.transport.dial({ addresses: [`/onion3/${ONION}:4001`] }, noSignal()),
      /needs a Tor proxy/,
    );
    const bootstrap = `/onion3/${ONION}:4001/p2p/12D3KooWSahP5pFRCEfaziPEba7urXGeif6T1y8jmodzdFUvzBHj`;
    node.addBootstrap(bootstrap);
    await until(() => node.status().bootstrap[0]?.error !== undefined);
    assert.equal(node.status().bootstrap[0]?.error, "needs a Tor proxy");
  });
});

describe("node: LAN records", () => {
  it("are published and looked up in the LAN DHT only", async () => {
    const asked: string[] = [];
    const table = (name: string, size: number) => ({
      routingTable: { size, addEventListener: () => undefined },
      async *put() {
        asked.push(`put ${name}`);
        yield { name: "DIAL_PEER" };
      },
      async *get() {
        asked.push(`get ${name}`);
        yield { name: "DIAL_PEER" };
      },
    });
    const services = { lan: table("lan", 2), wan: table("wan", 3) };
    const rendezvous = new DhtRendezvous({
      host: { services } as unknown as Host,
      validator: validator(),
      clock: systemClock,
      timeout: 1000,
    });
    // As the messenger uses it, while hosts rotate.
    const held = currentRendezvous(
      () => ({ rendezvous }) as unknown as HostServices,
      () => undefined,
    );
    for (const scope of ["lan", "any"] as const) {
      await held.publish(keysOf(1).tag, recordOf(1), noSignal(), scope);
      for await (const _ of held.lookup(keysOf(1).tag, noSignal(), scope));
      asked.push(String(held.peers(scope)));
    }
    assert.deepEqual(asked, [
      ...["put lan", "get lan", "2"],
      ...["put lan", "put wan", "get lan", "get wan", "5"],
    ]);
  });
});

describe("node: LAN dials", () => {
  it("dial no address beyond the local network", async () => {
    const lab = createLab();
    const [alice, bob] = [await lab.node(), await lab.node()];
    const far = "/ip4/203.0.113.7/tcp/4001";
    const target = { host: bob.transport.host, scope: "lan" as const };
    await assert.rejects(
      alice.transport.dial({ ...target, addresses: [far, "/dns4/bob.example/tcp/1"] }, noSignal()),
      /203\.0\.113\.7\/tcp\/4001: not on our network.*bob\.example.*not on our network/,
    );
    const addresses = [far, ...bob.transport.addresses()];
    const channel = await alice.transport.dial({ ...target, addresses }, noSignal());
    assert.equal(channel.proximity, "self");
    assert.equal(channel.remote, bob.transport.host as HostId);
    await lab.clear();
  });
});
