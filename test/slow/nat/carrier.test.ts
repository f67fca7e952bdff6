import assert from "node:assert/strict";
import { pair, User } from "../../chaos/user.ts";
import { build, type Program } from "../../cli/built.ts";
import { Child } from "./child.ts";
import { down, missing, nameOf, plug, type Spot, set, unplug, up } from "./lab.ts";
import { missingUpnpd } from "./upnpd.ts";

const HOSTS = ["/ip4/51.0.0.10/tcp/4001", "/ip4/51.0.0.11/tcp/4001"];
/** Time for what nodes do by themselves: retries, and finding out that an address works, ms. */
const SLOW = 180_000;

describe("two users whose carriers give another port to each connection", function () {
  this.timeout(3 * SLOW);
  let sotto: Program | undefined;
  const children: Child[] = [];
  const users: User[] = [];
  const figures: string[] = [];
  let alice: User;
  let bob: User;
  let router: Child;

  const at = (name: string, spot: Spot, bootstrap: readonly string[]): User => {
    assert.ok(sotto);
    const through = ["ip", "netns", "exec", nameOf(spot)];
    const user = new User(sotto, name, { bootstrap, through, listen: "/ip4/0.0.0.0/tcp/0" });
    users.push(user);
    return user;
  };
  const child = (spot: Spot): Child => {
    const made = new Child(spot);
    children.push(made);
    return made;
  };
  const doctor = async (user: User, ...who: string[]) => {
    assert.ok(sotto);
    return (await sotto.run(user.home, ["doctor", ...who])).out;
  };
  const texts = async (user: User, who: string): Promise<string[]> =>
    (await user.history(who)).map(({ text }) => text);

  before(async function () {
    const why = missing() ?? missingUpnpd();
    if (why !== undefined) {
      console.log(`      SKIPPED, no carrier's NAT is tested here: ${why}`);
      return this.skip();
    }
    sotto = build();
    up("100.64");
    set("A", "preserving");
    set("B", "preserving");
    const bootstrap = await child("public").say<string[]>("hosts", { listen: HOSTS });
    router = child("routerB");
    alice = at("alice", "homeA", bootstrap);
    bob = at("bob", "homeB", bootstrap);
    await Promise.all(users.map((user) => user.start()));
    await pair(alice, bob);
  });

  after(async () => {
    await Promise.all(users.map((user) => user.kill()));
    await Promise.all(children.map((one) => one.end()));
    if (children.length > 0) down();
    await sotto?.clear();
    for (const figure of figures) console.log(`      ${figure}`);
  });

  it("keep a message that cannot be delivered, and name the routers as the cause", async () => {
    await Promise.all(users.map((user) => user.stop()));
    set("A", "symmetric");
    set("B", "symmetric");
    await Promise.all(users.map((user) => user.start()));
    const { message } = await alice.node.call("message.send", { who: "bob", text: "later" });
    assert.equal(message.state, "queued");
    for (const [user, who] of [
      [alice, "bob"],
      [bob, "alice"],
    ] as const) {
      await user.until("the kind of the router", async () => {
        const { net } = await user.node.call("node.status", {});
        return net.nat.kind === "symmetric" && net.reach.verdict === "unreachable";
      });
      const told = await doctor(user, who);
      assert.match(told, /No node answers at the addresses of their record/);
      assert.match(told, /can be reached from their own network only/);
      assert.match(told, /routers .*symmetric NAT/);
      assert.match(told, /yours uses a different port for each connection/);
      assert.match(told, /Forward a port on one side/);
      assert.match(await doctor(user), /symmetric NAT/);
    }
    assert.match(await doctor(alice, "bob"), /1 waiting/);
    assert.deepEqual(await texts(bob, "alice"), []);
    assert.equal((await alice.history("bob")).at(-1)?.state, "queued");
  });

  it("get it across once, when one comes to a router that opens a port by UPnP", async () => {
    unplug("B", "100.64", "192.168");
    await router.say("upnp", { router: { out: "outB", in: "inB", first: false, gives: true } });
    const began = performance.now();
    plug("B", "192.168");
    await bob.until(
      "others reach bob",
      async () => {
        const { net } = await bob.node.call("node.status", {});
        return net.reach.verdict === "reachable" && net.nat.portMap.by === "upnp";
      },
      SLOW,
    );
    const reached = performance.now();
    await bob.until("the message", async () => (await texts(bob, "alice")).length > 0, SLOW);
    figures.push(
      `a port by UPnP: others reach it after ${seconds(reached - began)}, ` +
        `what waited arrives ${seconds(performance.now() - reached)} later`,
    );
    assert.equal(await router.say<number>("upnpRules"), 1);
    await alice.until("the receipt", async () => {
      const [message] = await alice.history("bob");
      return message?.state === "delivered";
    });
    assert.deepEqual(await texts(bob, "alice"), ["later"]);
    const { link } = await alice.node.call("doctor.contact", { who: "bob" });
    assert.match(`${link?.address}`, /^\/ip4\/51\.2\.0\.2\/tcp\//);
    await bob.node.call("message.send", { who: "alice", text: "and back", wait: "delivered" });
    assert.deepEqual(await texts(alice, "bob"), ["later", "and back"]);
  });
});

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
