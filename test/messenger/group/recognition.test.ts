import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import { type GroupId, generationId, groupId, rendezvousSecret } from "../../../src/group/index.ts";
import type {
  GroupCandidates,
  GroupGreeting,
  GroupSecret,
} from "../../../src/messenger/link/group-candidates.ts";
import { makeHello } from "../../../src/messenger/link/hello.ts";
import { type EpochSecret, outboundHelloKey } from "../../../src/messenger/model/epoch-keys.ts";
import { encodeLinkFrame, type HelloBody } from "../../../src/wire/index.ts";
import { opensEnvelope, secretIn } from "../../scenario/knock.ts";
import { type SimNode, World } from "../../scenario/world.ts";

const DIAL = new AbortController().signal;

/** Groups that keep the greetings that they are given, and make no link of them. */
class Groups implements GroupCandidates {
  revision = 0;
  readonly kept: GroupSecret[] = [];
  readonly greetings: GroupGreeting[] = [];

  secrets(): readonly GroupSecret[] {
    return this.kept;
  }

  accept(greeting: GroupGreeting): Promise<boolean> {
    this.greetings.push(greeting);
    return Promise.resolve(false);
  }

  add(number: number): GroupSecret {
    const group: GroupId = groupId.from(new Uint8Array(16).fill(number));
    const generation = generationId.from(new Uint8Array(32).fill(number));
    const kept = { group, generation, secret: rendezvousSecret(new Uint8Array(32).fill(number)) };
    this.kept.push(kept);
    this.revision++;
    return kept;
  }
}

interface Scene {
  readonly world: World;
  readonly node: SimNode;
  readonly groups: Groups;
}

async function scene(seed = 1): Promise<Scene> {
  const world = new World(seed);
  const node = await world.node("alice");
  const groups = new Groups();
  node.runtime.known.groups = groups;
  return { world, node, groups };
}

/** Sends a hello as a stranger. @returns ms until the channel ended, and frames that came back. */
async function greet(
  { world, node }: Scene,
  secret: EpochSecret,
  mode: HelloBody["mode"],
  { named = true, skew = 0 } = {},
): Promise<{ readonly ms: number; readonly answers: number }> {
  const { crypto, network, time } = world;
  network.latency = 0;
  const host = network.host();
  const key = outboundHelloKey(crypto, secret, time.now() + skew);
  assert.ok(key);
  const endpoints = { dialer: host.host, listener: node.host.host };
  const body = { mode, id: crypto.random(32) };
  const hello = encodeLinkFrame(makeHello(crypto, key.key, endpoints, body, named));
  let end: { ms: number; answers: number } | undefined;
  void (async () => {
    const target = { addresses: node.host.addresses(), host: node.host.host };
    const channel = await host.dial(target, DIAL);
    const start = time.now();
    await channel.send([hello]);
    let answers = 0;
    for (;;) {
      const frames = await channel.receive();
      if (frames.length === 0) break;
      answers += frames.length;
    }
    end = { ms: time.now() - start, answers };
  })();
  await world.until("the channel ends", () => end !== undefined);
  return end as { ms: number; answers: number };
}

const group = ({ secret }: GroupSecret): EpochSecret => ({ kind: "group", secret });
const silence = { ms: limits.refusalDelay, answers: 0 };

describe("A hello of a group", () => {
  it("is recognised by each secret that is kept, in three epochs, with an index or without", async () => {
    const made = await scene();
    const { groups, world } = made;
    const kept = [1, 2, 3].map((number) => groups.add(number));
    for (const one of kept)
      for (const skew of [0, -limits.epoch, limits.epoch])
        await greet(made, group(one), "group", { skew });
    await greet(made, group(kept[1] as GroupSecret), "group-unclean", { named: false });
    assert.deepEqual(
      groups.greetings.map(({ secret, body }) => [secret.group, body.mode]),
      [
        ...kept.flatMap(({ group: id }) => [0, 1, 2].map(() => [id, "group"])),
        [kept[1]?.group, "group-unclean"],
      ],
    );
    await world.stop();
  });

  it("meets the silence of a stranger outside these epochs and under a secret that is not kept", async () => {
    const made = await scene();
    const { groups, world } = made;
    const known = groups.add(1);
    const left = groups.add(2);
    groups.kept.pop();
    groups.revision++;
    assert.deepEqual(await greet(made, group(left), "group"), silence);
    for (const skew of [-2 * limits.epoch, 2 * limits.epoch])
      assert.deepEqual(await greet(made, group(known), "group", { skew }), silence);
    assert.deepEqual(groups.greetings, []);
    assert.deepEqual(await greet(made, group(known), "group"), silence);
    assert.equal(groups.greetings.length, 1, "refused by the group, in the same time");
    await world.stop();
  });

  it("is found by its index at once when a secret was added", async () => {
    const made = await scene();
    const { groups, world } = made;
    await greet(made, group(groups.add(1)), "group");
    const hashes = { count: 0 };
    const { crypto } = made.node.runtime.context;
    const { hmac } = crypto;
    Object.assign(crypto, {
      hmac: (key: Uint8Array, data: Uint8Array) => {
        hashes.count++;
        return hmac(key, data);
      },
    });
    const added = groups.add(2);
    await greet(made, group(added), "group");
    assert.equal(groups.greetings.length, 2);
    const before = hashes.count;
    for (let number = 3; number < 103; number++) groups.add(number);
    await greet(made, group(added), "group");
    const rebuilt = hashes.count - before;
    hashes.count = 0;
    await greet(made, group(added), "group");
    // Two to make the hello, and two of the index of the new keys.
    assert.ok(hashes.count < 6, `${hashes.count}`);
    assert.ok(rebuilt >= 300, `${rebuilt}`);
    await world.stop();
  });

  it("is silently refused where the mode is not of its key", async () => {
    const made = await scene();
    const { groups, world, node } = made;
    const one = groups.add(1);
    for (const mode of ["resume", "handshake"] as const)
      assert.deepEqual(await greet(made, group(one), mode), silence);
    const invite = await node.messenger.createInvite({
      ...{ kind: "reusable", expiresIn: 86_400_000, hints: false },
    });
    const secret = secretIn(invite.link);
    for (const mode of ["group", "group-unclean"] as const)
      assert.deepEqual(await greet(made, secret, mode), silence);
    assert.deepEqual(groups.greetings, []);
    await world.stop();
  });

  it("is not answered by an invisible node, and no envelope is opened", async () => {
    const made = await scene();
    const { groups, world, node } = made;
    const one = groups.add(1);
    assert.ok(!opensEnvelope(world, node, group(one)));
    node.messenger.setInvisible(true);
    assert.deepEqual(await greet(made, group(one), "group"), silence);
    assert.deepEqual(groups.greetings, []);
    await world.stop();
  });
});
