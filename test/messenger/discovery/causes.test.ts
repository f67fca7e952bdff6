import assert from "node:assert/strict";
import {
  type AccountId,
  type ContactCause,
  dialReasons,
  limits,
  toHex,
  Unreachable,
} from "../../../src/base/index.ts";
import { createAccount, type Diagnosis } from "../../../src/messenger/index.ts";
import { memoryStore } from "../../../src/store/index.ts";
import { once, pairingOf, two } from "../../scenario/pairing.ts";
import { type SimNode, World } from "../../scenario/world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const reusable = { kind: "reusable", expiresIn: DAY, hints: false } as const;

/** Who asks the doctor about whom. */
interface Scene {
  readonly world: World;
  readonly asker: SimNode;
  readonly about: string;
}

async function diagnosis(world: World, node: SimNode, who: string): Promise<Diagnosis> {
  let told: Diagnosis | undefined;
  void node.messenger.diagnose(who).then((each) => {
    told = each;
  });
  await world.until("a diagnosis", () => told !== undefined, 2 * limits.diagnosis);
  return told as Diagnosis;
}

async function paired(seed = 7) {
  const made = await two(seed);
  await made.world.pair(made.alice, made.bob);
  await made.world.until("alice has them linked", () => made.alice.contact("bob").online);
  return made;
}

const knows = ({ world, alice }: { world: World; alice: SimNode }) =>
  world.until("alice knows", () => !alice.contact("bob").online);

/** Bob is there, the link is cut, and what `change` did stands. */
async function apart(
  change: (made: Awaited<ReturnType<typeof paired>>) => unknown,
): Promise<Scene> {
  const made = await paired();
  await change(made);
  made.alice.host.cutAll();
  await knows(made);
  return { world: made.world, asker: made.alice, about: "bob" };
}

/** Bob died; `change` comes once alice knows. */
async function gone(
  change: (made: Awaited<ReturnType<typeof paired>>) => unknown = () => undefined,
): Promise<Scene> {
  const made = await paired();
  made.bob.kill();
  await knows(made);
  await change(made);
  return { world: made.world, asker: made.alice, about: "bob" };
}

/** Bob asks alice to be added, through a reusable invite. */
async function requested() {
  const made = await two(7);
  const { world, alice, bob } = made;
  const { link } = await alice.messenger.createInvite(reusable);
  await bob.messenger.add(link);
  await world.until("alice is asked", () => pairingOf(alice, bob) === "requested");
  return made;
}

/** Bob's record names these addresses and no others, and then he is gone. */
const naming = (addresses: (alice: SimNode, world: World) => Promise<string[]> | string[]) =>
  apart(async ({ world, alice, bob }) => {
    const named = await addresses(alice, world);
    bob.host.addresses = () => named;
    bob.host.readdressed();
    await world.time.pass(MINUTE);
    bob.kill();
  });

/** Frames of this type that bob sends come changed. */
const tampered = (type: number) =>
  apart(({ world, bob }) => {
    world.network.tamper = (from, _to, frame) => {
      if (from !== bob.host.host || frame[0] !== type) return frame;
      return frame.with(-1, (frame.at(-1) ?? 0) ^ 1);
    };
  });

/** Every cause that the messenger reports: all but the one that the daemon decides. */
type SearchedCause = Exclude<ContactCause, "proxy-down">;

/** Every cause, with what brings it about. */
const scenes: Readonly<Record<SearchedCause, () => Promise<Scene>>> = {
  blocked: () => apart(({ alice }) => alice.messenger.block("bob")),
  invisible: () => apart(({ alice }) => alice.messenger.setInvisible(true)),
  hidden: () => apart(({ alice }) => alice.messenger.setPolicy("bob", "hidden")),
  "lan-only": () => apart(({ alice }) => alice.messenger.setPolicy("bob", "lan")),
  async "lan-behind-proxy"() {
    const { world, alice } = await paired();
    await alice.messenger.setPolicy("bob", "lan");
    await alice.stop();
    alice.proxied = true;
    await alice.start();
    return { world, asker: alice, about: "bob" };
  },
  async "key-changed"() {
    const { world, alice, bob } = await paired();
    await bob.stop();
    // Bob's home under another account, and without the session.
    const other = memoryStore();
    const clock = world.time.clock();
    await createAccount({ crypto: world.crypto, store: other, clock }, { name: "bob" });
    const disk = bob.store.fork();
    await disk.commit(
      other.snapshot().map(({ value, ...key }) => ({ kind: "put" as const, key, value })),
    );
    const session = disk.snapshot().find(({ table }) => table === "session");
    assert.ok(session);
    await disk.commit([{ kind: "delete", key: session }]);
    await bob.startFrom(disk);
    await world.until("another key is seen", () => alice.contact("bob").keyChanged);
    return { world, asker: alice, about: "bob" };
  },
  async "request-received"() {
    const { world, alice, bob } = await requested();
    return { world, asker: alice, about: bob.messenger.self().account };
  },
  async "request-pending"() {
    const { world, bob } = await requested();
    await world.time.pass(10 * MINUTE);
    return { world, asker: bob, about: "alice" };
  },
  async denied() {
    const { world, alice, bob } = await requested();
    await alice.messenger.deny("bob");
    await world.until("bob is told", () => pairingOf(bob, alice) === "denied", DAY);
    return { world, asker: bob, about: "alice" };
  },
  async used() {
    const { world, alice, bob } = await two(7);
    const carol = await world.node("carol");
    const { link } = await alice.messenger.createInvite(once);
    await bob.messenger.add(link);
    await world.paired(alice, bob);
    await carol.messenger.add(link, { as: "alice" });
    await world.until("carol is told", () => pairingOf(carol, alice) === "used");
    return { world, asker: carol, about: "alice" };
  },
  async expired() {
    const { world, alice, bob } = await two(7);
    const { link } = await alice.messenger.createInvite(once);
    await alice.stop();
    await bob.messenger.add(link, { as: "alice" });
    await world.time.pass(once.expiresIn + limits.pairClockSkew + DAY);
    return { world, asker: bob, about: "alice" };
  },
  unrecognized: () => apart(({ bob }) => bob.messenger.block("alice")),
  unproven: () => tampered(2),
  "no-dht-peer": () =>
    gone(({ alice }) => {
      alice.host.peers = () => 0;
      alice.host.lookup = async function* () {};
    }),
  // Alice's clock falls back, far enough for the record and not into another day.
  "clock-skew": () =>
    gone(async ({ world, alice }) => {
      await world.time.pass(5 * MINUTE);
      alice.skew = -HOUR;
    }),
  "record-expired": () => gone(({ world }) => world.time.pass(3 * HOUR)),
  "no-record": () => gone(({ world }) => world.network.records.clear()),
  // One that no record has room for.
  "no-address": () => naming(() => [`/dns4/${"x".repeat(limits.recordBytes)}/tcp/1`]),
  "own-address": () => naming(({ host }) => [host.address]),
  "other-peer": () => naming(async (_, world) => [(await world.node("carol")).host.address]),
  // What a real dial to a host without the key of our network ends with
  // (test/node/private-mesh.test.ts).
  "other-network": () =>
    gone(({ alice }) => {
      alice.host.dial = ({ addresses }) => {
        const failures = addresses.map((address) => ({
          address,
          reason: dialReasons.otherNetwork,
        }));
        return Promise.reject(new Unreachable("Could not reach the host.", failures));
      };
    }),
  async "not-allowed"() {
    const world = new World(7);
    const allow = new Set<AccountId>();
    const alice = await world.node("alice", 0, { allow });
    const bob = await world.node("bob");
    allow.add(bob.messenger.self().account);
    await world.pair(alice, bob);
    allow.clear();
    await alice.restart();
    return { world, asker: alice, about: "bob" };
  },
  unreachable: () => gone(),
  // A search is under way that began before their record was there.
  searching: () =>
    gone(async ({ world, alice }) => {
      const lookup = alice.host.lookup.bind(alice.host);
      const there = world.time.now() + 3 * MINUTE;
      alice.host.lookup = async function* (...asked) {
        const early = world.time.now() < there;
        if (early) await world.network.wait(there - world.time.now());
        else yield* lookup(...asked);
      };
      alice.host.peerAppeared();
      await world.time.pass(MINUTE / 2);
    }),
};

describe("each cause that keeps a contact offline", () => {
  for (const cause of Object.keys(scenes) as SearchedCause[])
    it(`is reported as ${cause} where that is what was done`, async () => {
      const { world, asker, about } = await scenes[cause]();
      const told = await diagnosis(world, asker, about);
      assert.equal(told.cause, cause, JSON.stringify(told));
      await world.stop();
    });

  it("is request-pending after the first contact, before any answer", async () => {
    const { world, bob } = await requested();
    bob.host.cutAll();
    const { cause, dials } = await diagnosis(world, bob, "alice");
    assert.deepEqual([cause, dials.at(-1)?.answer], ["request-pending", "linked"]);
    await world.stop();
  });

  it("is unrecognized after a move that no record names yet", async () => {
    const { world, alice, bob } = await paired();
    // Bob's next record reaches no server.
    bob.host.publish = () => Promise.resolve(0);
    bob.host.rotate("/ip4/10.9.9.9/tcp/4001");
    alice.host.cutAll();
    await world.until("bob calls from there", () => alice.contact("bob").online);
    await world.time.pass(MINUTE);
    await bob.messenger.block("alice");
    await knows({ world, alice });
    const { cause, dials } = await diagnosis(world, alice, "bob");
    const seen = dials.map(({ from, answer, reason }) => [from, answer ?? reason]);
    assert.deepEqual(
      [cause, seen.at(0), seen.at(-1)?.[0]],
      ["unrecognized", ["last", "silent"], "record"],
      JSON.stringify(dials),
    );
    await world.stop();
  });

  it("is judged by a search that began after the question", async () => {
    const { world, asker, about } = await scenes.unreachable();
    const lookup = asker.host.lookup.bind(asker.host);
    const records = new Map(world.network.records);
    world.network.records.clear();
    const before = asker.host.lookups;
    // The first lookup takes a while, and began before the record was there.
    let slow = true;
    asker.host.lookup = async function* (...asked) {
      const late = slow;
      slow = false;
      if (!late) return yield* lookup(...asked);
      asker.host.lookups++;
      await world.network.wait(5_000);
    };
    asker.host.readdressed();
    await world.until("a search is under way", () => asker.host.lookups > before);
    for (const [tag, record] of records) world.network.records.set(tag, record);
    const { cause, dials } = await diagnosis(world, asker, about);
    const from = dials.map((dial) => dial.from);
    assert.deepEqual(
      [cause, from.includes("record")],
      ["unreachable", true],
      JSON.stringify(dials),
    );
    await world.stop();
  });

  it("is other-peer where another node took the address of the last link", async () => {
    const { world, alice, bob } = await paired();
    bob.host.publish = () => Promise.resolve(0);
    const { address } = bob.host;
    alice.host.cutAll();
    await world.until("a link later than the record", () => alice.contact("bob").online);
    bob.kill();
    await knows({ world, alice });
    const carol = await world.node("carol");
    carol.host.move(address);
    const { cause, dials } = await diagnosis(world, alice, "bob");
    const [last, record] = [dials.at(0), dials.at(-1)];
    assert.deepEqual(
      [cause, last?.answer, record?.reason],
      ["other-peer", "silent", dialReasons.otherHost],
      JSON.stringify(dials),
    );
    await world.stop();
  });

  for (const first of ["older", "newer"] as const)
    it(`is judged from the newest record, where the ${first} one is found first`, async () => {
      const { world, asker, about } = await scenes["own-address"]();
      const { network } = world;
      const newest = asker.host.lookup.bind(asker.host);
      // Other servers still have the record before, whose address leads nowhere.
      asker.host.lookup = async function* (tag, ...options) {
        const older = network.older.get(toHex(tag));
        assert.ok(older);
        if (first === "older") yield older;
        yield* newest(tag, ...options);
        if (first === "newer") yield older;
      };
      const { cause, dials, record } = await diagnosis(world, asker, about);
      const named = dials.filter(({ from }) => from === "record").map(({ address }) => address);
      assert.equal(named.length, 2, "both records were dialled");
      assert.deepEqual(record?.addresses, [asker.host.address]);
      assert.equal(cause, "own-address");
      await world.stop();
    });
});
