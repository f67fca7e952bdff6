import assert from "node:assert/strict";
import { Daemon } from "../../chaos/daemon.ts";
import { pair, User } from "../../chaos/user.ts";
import { build, type Program } from "../../cli/built.ts";
import { missingTor, type TorClient, TorNetwork } from "./network.ts";

/** How long a link over onion services may take to come about, ms: the first ones need retries. */
const SLOW = 240_000;

/**
 * The users have real daemons. Bob's and Carol's are reached at two ports of one onion service;
 * Alice's has none, so that she is the one who dials both.
 */
describe("nodes behind a real Tor", function () {
  this.timeout(2 * SLOW);
  let network: TorNetwork | undefined;
  let sotto: Program | undefined;
  let bootstrap: Daemon | undefined;
  const users: User[] = [];
  const figures: string[] = [];
  let near: TorClient;
  let far: TorClient;
  let host: TorClient;
  let alice: User;
  let bob: User;
  let carol: User;

  const behind = (name: string, tor: TorClient, address: string, port?: number): User => {
    assert.ok(sotto);
    const service = port === undefined ? [] : ["--announce", tor.onion(port)];
    const user = new User(sotto, name, {
      bootstrap: [address],
      ...(port !== undefined && { listen: `/ip4/127.0.0.1/tcp/${port}` }),
      args: ["--proxy", tor.proxy, ...service],
    });
    users.push(user);
    return user;
  };
  const timed = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    const began = performance.now();
    await work();
    figures.push(`${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  };
  const run = async (user: User, ...args: string[]): Promise<string> => {
    assert.ok(sotto);
    const { code, out, err } = await sotto.run(user.home, args);
    assert.equal(code, 0, out + err);
    return out;
  };
  const texts = async (user: User, who: string): Promise<string[]> =>
    (await user.history(who)).map(({ text }) => text);
  const linked = (user: User, who: string): Promise<void> =>
    user.until(`${who} is online`, async () => (await user.contact(who)).online, SLOW);

  before(async function () {
    const why = missingTor();
    if (why !== undefined) {
      console.log(`      SKIPPED, nothing of Tor is tested here: ${why}`);
      return this.skip();
    }
    sotto = build();
    await timed("the private Tor network", async () => {
      network = await TorNetwork.open();
      [near, far, host] = await Promise.all([
        network.client("near", 0),
        network.client("far", 2),
        network.client("bootstrap", 1),
      ]);
    });
    const [port = 0] = host.ports;
    bootstrap = new Daemon(sotto, sotto.home("bootstrap"), {
      args: [
        ...["bootstrap", "--json", "--listen", `/ip4/127.0.0.1/tcp/${port}`],
        ...["--announce", host.onion(port)],
      ],
    });
    const [address = ""] = (await bootstrap.up()).addresses as string[];
    assert.match(address, /^\/onion3\//);
    alice = behind("alice", near, address);
    bob = behind("bob", far, address, far.ports[0]);
    carol = behind("carol", far, address, far.ports[1]);
    await Promise.all(users.map((user) => user.start()));
  });

  after(async () => {
    await Promise.all(users.map((user) => user.kill()));
    await bootstrap?.kill();
    await network?.close();
    await sotto?.clear();
    for (const figure of figures) console.log(`      ${figure}`);
  });

  it("connect to a bootstrap node that is an onion service", async () => {
    await timed("to the bootstrap node", () =>
      Promise.all(
        users.map((user) =>
          user.until(
            "the bootstrap node",
            async () => {
              const { net } = await user.node.call("node.status", {});
              return net.proxy?.state === "working" && net.bootstrap[0]?.state === "connected";
            },
            SLOW,
          ),
        ),
      ),
    );
  });

  it("pair, and exchange messages that are shown as via the proxy", async () => {
    await timed("from the invite to paired", () => pair(bob, alice, SLOW));
    await timed("a message there and one back", async () => {
      const sent = await run(alice, "send", "--wait", "delivered", "bob", "over six relays");
      assert.match(sent, /delivered in .* \(via proxy\)/);
      const back = await run(bob, "send", "--wait", "delivered", "alice", "and back");
      assert.match(back, /delivered in .* \(via proxy\)/);
    });
    assert.deepEqual(await texts(alice, "bob"), ["over six relays", "and back"]);
    assert.deepEqual(await texts(bob, "alice"), ["over six relays", "and back"]);
    assert.match(await run(alice, "contacts", "ls"), /online \(via proxy\)/);
  });

  it("find each other again after a restart, and deliver what waited", async () => {
    await bob.stop();
    const text = "sent while bob is away";
    const { message } = await alice.node.call("message.send", { who: "bob", text });
    assert.notEqual(message.state, "delivered");
    await timed("bob's restart until the message arrives", async () => {
      await bob.start();
      await bob.until("the message", async () => (await texts(bob, "alice")).includes(text), SLOW);
    });
    assert.equal((await texts(bob, "alice")).filter((one) => one === text).length, 1);
  });

  it("give each contact a circuit of its own, also to one onion service", async () => {
    await timed("from carol's invite to paired", () => pair(carol, alice, SLOW));
    await Promise.all([linked(alice, "bob"), linked(alice, "carol")]);
    const circuits = (await near.circuits()).filter(({ service }) => service === far.service);
    const users = new Set(circuits.map(({ user }) => user));
    assert.ok(users.size >= 2, `circuits of ${users.size} users`);
    assert.ok(![...users].includes(""), "a circuit that others may share");
    const bootstraps = (await near.circuits()).filter(({ service }) => service !== far.service);
    assert.ok(bootstraps.every(({ user }) => !users.has(user)));
  });

  it("keep a message while Tor is down, say so, and deliver it once Tor is back", async () => {
    await near.stop();
    const { message } = await alice.node.call("message.send", { who: "bob", text: "without Tor" });
    await alice.until("the proxy is down", async () => {
      const { net } = await alice.node.call("node.status", {});
      return net.proxy?.state === "down";
    });
    const ran = await (sotto as Program).run(alice.home, ["doctor", "bob"]);
    assert.match(ran.out, /The proxy does not work/);
    assert.notEqual(message.state, "delivered");
    assert.ok(!(await texts(bob, "alice")).includes("without Tor"));
    await timed("Tor's restart until the message arrives", async () => {
      near.start();
      await bob.until(
        "the message",
        async () => (await texts(bob, "alice")).includes("without Tor"),
        SLOW,
      );
    });
  });
});
