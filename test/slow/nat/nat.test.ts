import assert from "node:assert/strict";
import type { NodeStatus } from "../../../src/node/index.ts";
import { Child } from "./child.ts";
import { down, missing, type Router, type Spot, set, up } from "./lab.ts";
import { missingUpnpd } from "./upnpd.ts";

const HOSTS = ["/ip4/51.0.0.10/tcp/4001", "/ip4/51.0.0.11/tcp/4001", "/ip6/2001:4860::10/tcp/4001"];
const ANY = ["/ip4/0.0.0.0/tcp/0"];
const FIXED = ["/ip4/0.0.0.0/tcp/4001"];
const TRIES = 8;

interface Started {
  readonly host: string;
  readonly addresses: readonly string[];
}

interface Dialled {
  readonly ms: number;
  readonly remoteAddress?: string;
  /** Whether it went through a hole. */
  readonly ephemeral?: boolean;
  readonly echo?: number;
  readonly error?: string;
  /** Why there was no hole, and what their router does where they told. */
  readonly hole?: { readonly why: string; readonly theirs?: string };
}

describe("two users behind routers", function () {
  this.timeout(60_000);
  const children = new Map<Spot, Child>();
  const figures: string[] = [];
  const noUpnpd = missingUpnpd();
  let four: string[] = [];
  let six: string[] = [];

  const at = (spot: Spot): Child => {
    const child = children.get(spot);
    assert.ok(child);
    return child;
  };

  /**
   * Starts a node in each of two places, dials from the one to the other, and tells what came of it
   * and how both see their router.
   */
  async function meet(
    [from, listenFrom]: readonly [Spot, readonly string[]],
    [to, listenTo]: readonly [Spot, readonly string[]],
    bootstrap: readonly (readonly string[])[] = [four, four],
    addresses: (to: Started) => readonly string[] = () => [],
  ): Promise<{ dialled: Dialled; nat: readonly NodeStatus["nat"][] }> {
    const [caller, callee] = [at(from), at(to)];
    try {
      const [, theirs] = await Promise.all([
        caller.say<Started>("node", { listen: listenFrom, bootstrap: bootstrap[0] }),
        callee.say<Started>("node", { listen: listenTo, bootstrap: bootstrap[1] }),
      ]);
      const target = { host: theirs.host, addresses: addresses(theirs) };
      const dialled = await caller.say<Dialled>("dial", target);
      const both = await Promise.all([caller, callee].map((one) => one.say<NodeStatus>("status")));
      return { dialled, nat: both.map(({ nat }) => nat) };
    } finally {
      await Promise.all([caller.say("stop"), callee.say("stop")]);
    }
  }

  /**
   * Home A dials the address that the router of home B maps for it.
   * @param by the protocol that maps it.
   */
  async function meetByMapping(by: "nat-pmp" | "upnp") {
    const [ada, ben] = [at("homeA"), at("homeB")];
    const [, { host }] = await Promise.all([
      ada.say<Started>("node", { listen: ANY, bootstrap: four }),
      ben.say<Started>("node", { listen: ANY, bootstrap: four, portMapping: true }),
    ]);
    const addresses = await ben.say<string[]>("reachable");
    assert.match(`${addresses[0]}`, /^\/ip4\/51\.2\.0\.2\//);
    const { nat } = await ben.say<NodeStatus>("status");
    assert.deepEqual(nat.portMap, { state: "mapped", by, address: addresses[0] });
    const dial = () => ada.say<Dialled>("dial", { host, addresses });
    const { error, echo, ephemeral, ms } = await dial();
    assert.deepEqual([error, echo, ephemeral], [undefined, 3, false]);
    return { ms, dialAgain: dial };
  }

  const routers = (a: Router, b: Router): void => {
    set("A", a);
    set("B", b);
  };

  before(async function () {
    const why = missing();
    if (why !== undefined) {
      console.log(`      SKIPPED, nothing of NAT is tested here: ${why}`);
      return this.skip();
    }
    if (noUpnpd !== undefined) console.log(`      SKIPPED, no real UPnP router here: ${noUpnpd}`);
    up();
    for (const spot of ["public", "routerA", "routerB", "homeA", "homeB"] as const)
      children.set(spot, new Child(spot));
  });

  // New hosts have counted no request of these addresses: a subnet has few dial-backs in a minute,
  // which the nodes of the tests before would have used up.
  beforeEach(async () => {
    routers("preserving", "preserving");
    const hosts = await at("public").say<string[]>("hosts", { listen: HOSTS });
    four = hosts.filter((address) => address.startsWith("/ip4/"));
    six = hosts.filter((address) => address.startsWith("/ip6/"));
  });

  afterEach(() => Promise.all([...children.values()].map((child) => child.say("stop"))));

  after(async () => {
    await Promise.all([...children.values()].map((child) => child.end()));
    if (children.size > 0) down();
    for (const figure of figures) console.log(`      ${figure}`);
  });

  it("meet directly where both have public addresses", async () => {
    const { dialled, nat } = await meet(
      ["routerA", FIXED],
      ["routerB", FIXED],
      undefined,
      (to) => to.addresses,
    );
    assert.deepEqual([dialled.error, dialled.echo, dialled.ephemeral], [undefined, 3, false]);
    assert.deepEqual(
      nat.map(({ kind }) => kind),
      ["none", "none"],
    );
    figures.push(`both public: ${dialled.ms.toFixed(0)} ms, no hole`);
  });

  it("meet where one is behind a router, whichever dials", async () => {
    const out = await meet(["homeA", ANY], ["routerB", FIXED], undefined, (to) => to.addresses);
    assert.deepEqual([out.dialled.error, out.dialled.ephemeral], [undefined, false]);
    const back = await meet(["routerB", FIXED], ["homeA", ANY]);
    assert.deepEqual([back.dialled.error, back.dialled.ephemeral], [undefined, true]);
    assert.deepEqual(
      back.nat.map(({ kind }) => kind),
      ["none", "preserving"],
    );
    figures.push(
      `one behind a router: ${out.dialled.ms.toFixed(0)} ms from inside, ${back.dialled.ms.toFixed(0)} ms from outside`,
    );
  });

  it("meet through both routers where these keep ports, every time", async () => {
    const times: number[] = [];
    for (let i = 0; i < TRIES; i++) {
      const { dialled, nat } = await meet(["homeA", ANY], ["homeB", ANY]);
      assert.deepEqual([dialled.error, dialled.echo, dialled.ephemeral], [undefined, 3, true]);
      assert.match(`${dialled.remoteAddress}`, /^\/ip4\/51\.2\.0\.2\//);
      assert.deepEqual(
        nat.map(({ kind }) => kind),
        ["preserving", "preserving"],
      );
      times.push(dialled.ms);
    }
    const median = times.toSorted((a, b) => a - b)[TRIES / 2] ?? 0;
    figures.push(
      `both behind routers that keep ports: ${TRIES} of ${TRIES}, median ${median.toFixed(0)} ms`,
    );
  });

  it("make one connection where both call at the same moment", async () => {
    const times: number[] = [];
    for (let i = 0; i < TRIES / 2; i++) {
      const [ada, ben] = [at("homeA"), at("homeB")];
      const start = (one: Child) => one.say<Started>("node", { listen: ANY, bootstrap: four });
      const [a, b] = await Promise.all([start(ada), start(ben)]);
      const dial = (one: Child, { host }: Started) =>
        one.say<Dialled>("dial", { host, addresses: [] });
      const both = await Promise.all([dial(ada, b), dial(ben, a)]);
      for (const { error, echo, ms } of both) {
        assert.deepEqual([error, echo], [undefined, 3]);
        times.push(ms);
      }
      const peers = await ada.say<string[]>("peers");
      assert.equal(peers.filter((peer) => peer === b.host).length, 1);
      await Promise.all([ada.say("stop"), ben.say("stop")]);
    }
    const median = times.toSorted((a, b) => a - b)[times.length / 2] ?? 0;
    figures.push(`both call at once: ${TRIES / 2} of ${TRIES / 2}, median ${median.toFixed(0)} ms`);
  });

  for (const [a, b] of [
    ["symmetric", "preserving"],
    ["preserving", "symmetric"],
    ["symmetric", "symmetric"],
  ] as const)
    it(`learn at once why not, with a ${a} router here and a ${b} one there`, async () => {
      routers(a, b);
      const { dialled, nat } = await meet(["homeA", ANY], ["homeB", ANY]);
      assert.match(
        `${dialled.error}`,
        /different port for each connection.*Forward a port.*--listen.*IPv6/,
      );
      assert.deepEqual(
        nat.map(({ kind }) => kind),
        [a, b],
      );
      assert.equal(nat[0]?.punches.lastFailure?.reason, "symmetric");
      // Whose own router leaves no place to name asks nobody.
      const told = a === "symmetric" ? {} : { theirs: b };
      assert.deepEqual(dialled.hole, { why: "symmetric", ...told });
      figures.push(`${a} here, ${b} there: told after ${dialled.ms.toFixed(0)} ms`);
    });

  it("meet through two symmetric routers where one of them maps a port", async () => {
    routers("symmetric", "symmetric");
    const out = { inside: "192.168.2.1", outside: "51.2.0.2", out: "outB" };
    await at("routerB").say("mapPorts", out);
    const { dialAgain, ms } = await meetByMapping("nat-pmp");
    figures.push(`both symmetric, a port mapped there: ${ms.toFixed(0)} ms, no hole`);
    await at("homeB").say("stop");
    // The mapping was removed with the node: the address does not answer any more.
    assert.match(`${(await dialAgain()).error}`, /Could not connect to the peer/);
  });

  for (const first of [true, false])
    it(`meet through two symmetric routers where one of them speaks UPnP, of the ${first ? "first" : "second"} kind, and no NAT-PMP`, async function () {
      if (noUpnpd !== undefined) return this.skip();
      routers("symmetric", "symmetric");
      const router = at("routerB");
      await router.say("upnp", { router: { out: "outB", in: "inB", first, gives: true } });
      const { ms } = await meetByMapping("upnp");
      figures.push(`both symmetric, a port by UPnP there: ${ms.toFixed(0)} ms, no hole`);
      assert.equal(await router.say<number>("upnpRules"), 1);
      await at("homeB").say("stop");
      assert.equal(await router.say<number>("upnpRules"), 0);
    });

  it("know of a router that speaks UPnP and gives no port that it refused", async function () {
    if (noUpnpd !== undefined) return this.skip();
    routers("symmetric", "symmetric");
    const [router, ben] = [at("routerB"), at("homeB")];
    await router.say("upnp", { router: { out: "outB", in: "inB", first: false, gives: false } });
    await ben.say<Started>("node", { listen: ANY, bootstrap: four, portMapping: true });
    assert.deepEqual(await ben.say("portMap"), { state: "refused" });
    assert.equal(await router.say<number>("upnpRules"), 0);
  });

  it("learn that no host is connected to both", async () => {
    routers("preserving", "preserving");
    const { dialled } = await meet(
      ["homeA", ANY],
      ["homeB", ANY],
      [four.slice(0, 1), four.slice(1)],
    );
    assert.match(`${dialled.error}`, /no common bootstrap node.*sotto net bootstrap add/);
  });

  it("meet over IPv6 alone, through firewalls that let no stranger in", async () => {
    routers("firewall", "firewall");
    const listen = ["/ip6/::/tcp/0"];
    const { dialled } = await meet(["homeA", listen], ["homeB", listen], [six, six]);
    assert.deepEqual([dialled.error, dialled.echo, dialled.ephemeral], [undefined, 3, true]);
    assert.match(`${dialled.remoteAddress}`, /^\/ip6\/2001:4860:12::2\//);
    figures.push(`IPv6 alone, both behind firewalls: ${dialled.ms.toFixed(0)} ms`);
  });

  it("pair by an invite and exchange messages, and no node between them carries one", async () => {
    routers("preserving", "preserving");
    const [ada, ben] = [at("homeA"), at("homeB")];
    await Promise.all([
      ada.say("user", { name: "Ada", bootstrap: four }),
      ben.say("user", { name: "Ben", bootstrap: four }),
    ]);
    const began = performance.now();
    await ben.say("add", { link: await ada.say("invite") });
    await Promise.all([ada.say("paired", { who: "Ben" }), ben.say("paired", { who: "Ada" })]);
    figures.push(
      `two users, from the invite to paired: ${(performance.now() - began).toFixed(0)} ms`,
    );
    await ada.say("send", { who: "Ben", text: "through two routers" });
    await ben.say("send", { who: "Ada", text: "and back" });
    assert.deepEqual(await ben.say("texts", { who: "Ada" }), ["through two routers"]);
    const links = await ada.say<string[]>("links");
    assert.ok(links.length > 0 && links.every((address) => address.startsWith("/ip4/51.2.0.2/")));
  });
});
