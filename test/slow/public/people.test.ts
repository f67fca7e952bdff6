import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Daemon, startDaemon } from "../../../src/daemon/index.ts";
import { type Amino, startAmino } from "../../support/amino.ts";

/** A whole node in a home of its own, with no bootstrap host and no mDNS. */
class Node {
  readonly home: string;
  readonly name: string;
  daemon!: Daemon;

  private constructor(home: string, name: string) {
    this.home = home;
    this.name = name;
  }

  static async make(name: string, settings: object): Promise<Node> {
    const node = new Node(await mkdtemp(join(tmpdir(), "sotto-public-")), name);
    const all = { mdns: false, portMapping: false, privateWan: true, ...settings };
    await writeFile(join(node.home, "config.json"), JSON.stringify(all));
    await node.start();
    return node;
  }

  /** Listens at another port each time. */
  async start(): Promise<void> {
    const { home, name } = this;
    this.daemon = await startDaemon({
      paths: {
        home,
        config: join(home, "config.json"),
        socket: join(home, "socket"),
        socketDirectory: home,
      },
      env: {},
      overrides: { listen: ["/ip4/127.0.0.1/tcp/0"] },
      answers: {
        passphrase: async () => undefined,
        account: async () => ({ name, protection: { kind: "key-file" } }),
      },
      writeLog: () => undefined,
      onDamage: () => undefined,
    });
  }

  async end(): Promise<void> {
    await this.daemon.stop();
    await rm(this.home, { recursive: true });
  }

  /** Sends, and waits until the other side has it. */
  async deliver(who: string, text: string): Promise<void> {
    const { message } = await this.daemon.call("message.send", {
      who,
      text,
      wait: "delivered",
      timeout: 60_000,
    });
    assert.equal(message.state, "delivered");
  }

  async address(): Promise<string> {
    const [address = ""] = (await this.daemon.call("node.status", {})).addresses;
    return address;
  }
}

describe("two users on the public DHT, without a bootstrap node", function () {
  this.timeout(120_000);
  let amino: Amino;
  let alice: Node;
  let bob: Node;

  before(async () => {
    amino = await startAmino(20);
    const settings = { publicDht: true, publicHosts: amino.addresses };
    [alice, bob] = await Promise.all([Node.make("alice", settings), Node.make("bob", settings)]);
  });
  after(async () => {
    await Promise.all([alice.end(), bob.end()]);
    await amino.stop();
  });

  it("pair by an invite without any address in it, and exchange messages", async () => {
    const { link } = await alice.daemon.call("invite.create", { bootstrap: false });
    const { contact } = await bob.daemon.call("contact.add", { link, as: "alice", wait: 60_000 });
    assert.notEqual(contact.pairing, "invited");
    await bob.deliver("alice", "hello");
    await alice.deliver("bob", "hello yourself");
  });

  it("find each other again after one has restarted at another port", async () => {
    const before = await alice.address();
    await alice.daemon.stop();
    await alice.start();
    assert.notEqual(await alice.address(), before);
    await bob.deliver("alice", "are you back");
  });

  it("find each other again after both have", async () => {
    await Promise.all([alice.daemon.stop(), bob.daemon.stop()]);
    await Promise.all([alice.start(), bob.start()]);
    await alice.deliver("bob", "both new");
  });

  it("report its state, and which peers they met there", async () => {
    const doctor = () => alice.daemon.call("doctor.node", {});
    let report = await doctor();
    for (; report.publicKeys.held === 0; report = await doctor()) await sleep(100);
    const { publicDht } = report.status.net;
    assert.ok(["resting", "connected"].includes(publicDht.state), publicDht.state);
    assert.ok(!report.findings.some(({ what }) => what === "no-peers" || what === "no-bootstrap"));
  });

  it("break none of the network's rules, and put no key twice under one name", async () => {
    assert.deepEqual(amino.refused, []);
    const puts = amino.seen.filter(({ type }) => type === "ADD_PROVIDER");
    assert.ok(puts.every(({ key }) => /^1220[0-9a-f]{64}$/.test(key)));
    // Each direction of the pair, and the invite.
    assert.ok(new Set(puts.map(({ key }) => key)).size >= 3);
  });

  it("are no longer found once they turned it off, and say so", async () => {
    await alice.daemon.call("net.public", { on: false });
    const seen = amino.seen.length;
    const { status, publicKeys } = await alice.daemon.call("doctor.node", {});
    assert.equal(status.net.publicDht.state, "off");
    assert.deepEqual(publicKeys, { wanted: 0, held: 0, refused: 0 });
    await bob.daemon.stop();
    await sleep(2000);
    assert.equal(amino.seen.length, seen);
    await bob.start();
  });
});
