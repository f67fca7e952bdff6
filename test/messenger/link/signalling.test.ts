import assert from "node:assert/strict";
import type { HostId } from "../../../src/base/index.ts";
import type { SealedOffer } from "../../../src/ports/index.ts";
import { signalPayloadBytes } from "../../../src/wire/index.ts";
import { type SimNode, World } from "../../scenario/world.ts";

type Seal = (host: HostId, words: Uint8Array) => SealedOffer;

const words = (fill: number) => new Uint8Array(signalPayloadBytes).fill(fill);

/** What bob seals calls with for alice's host. */
function sealOf(bob: SimNode, alice: SimNode): Seal {
  const seal = bob.host.seals.get(alice.host.addresses().join());
  assert.ok(seal);
  return (host, text) => seal(host, text, bob.host.host);
}

async function scene(seed: number) {
  const world = new World(seed);
  const alice = await world.node("alice");
  const bob = await world.node("bob");
  await world.pair(alice, bob);
  await bob.restart();
  await world.until("they are linked", () => alice.contact("bob").online);
  return { world, alice, bob, seal: sealOf(bob, alice) };
}

describe("messenger/signal", () => {
  it("carries a payload to a contact and its answer back, through any forwarding node", async () => {
    const { alice, bob, seal } = await scene(1);
    const call = seal(alice.host.host, words(7));
    const opened = alice.host.opens(bob.host.host, call.envelope);
    assert.deepEqual(opened?.payload, words(7));
    assert.deepEqual(opened && call.open(opened.seal(words(9))), words(9));
  });

  it("means one caller, one callee and one call", async () => {
    const { alice, bob, seal } = await scene(2);
    const { host } = alice.host;
    const call = seal(host, words(7));
    const elsewhere = seal(bob.host.host, words(7));
    assert.equal(alice.host.opens("12D3KooWother" as HostId, call.envelope), undefined);
    assert.equal(alice.host.opens(bob.host.host, elsewhere.envelope), undefined);
    const other = seal(host, words(7));
    const opened = alice.host.opens(bob.host.host, call.envelope);
    assert.ok(opened);
    assert.equal(other.open(opened.seal(words(9))), undefined);
  });

  it("is refused with any byte changed, cut or added", async () => {
    const { alice, bob, seal } = await scene(3);
    const call = seal(alice.host.host, words(7));
    const { envelope } = call;
    const answer = alice.host.opens(bob.host.host, envelope)?.seal(words(9));
    assert.ok(answer);
    for (let at = 0; at < envelope.length; at++) {
      const changed = envelope.with(at, (envelope[at] ?? 0) ^ 1);
      assert.equal(alice.host.opens(bob.host.host, changed), undefined, `byte ${at}`);
      assert.equal(call.open(answer.with(at, (answer[at] ?? 0) ^ 1)), undefined, `answer ${at}`);
    }
    assert.equal(alice.host.opens(bob.host.host, envelope.subarray(1)), undefined);
    assert.equal(alice.host.opens(bob.host.host, new Uint8Array(0)), undefined);
  });

  it("shows neither words nor names", async () => {
    const { alice, bob, seal } = await scene(4);
    const { envelope } = seal(alice.host.host, words(0));
    assert.equal(envelope.length, 145);
    const text = Buffer.from(envelope).toString("latin1");
    for (const hidden of [alice.host.host, bob.host.host, "\0".repeat(8)])
      assert.ok(!text.includes(hidden));
    assert.notDeepEqual(seal(alice.host.host, words(0)).envelope, envelope);
  });

  it("is not answered by a blocked contact, or with only a revoked invite", async () => {
    const { world, alice, bob, seal } = await scene(5);
    await alice.messenger.block("bob");
    const blocked = seal(alice.host.host, words(7)).envelope;
    assert.equal(alice.host.opens(bob.host.host, blocked), undefined);

    const carol = await world.node("carol");
    const { id, link } = await alice.messenger.createInvite({
      kind: "reusable",
      expiresIn: 86_400_000,
      hints: true,
    });
    await carol.messenger.add(link);
    await world.until("carol dials", () => carol.host.seals.has(alice.host.addresses().join()));
    const invited = sealOf(carol, alice)(alice.host.host, words(7)).envelope;
    assert.ok(alice.host.opens(carol.host.host, invited));
    await alice.messenger.revokeInvite(id);
    assert.equal(alice.host.opens(carol.host.host, invited), undefined);
  });

  it("is opened by no node once it stops", async () => {
    const { alice, bob, seal } = await scene(6);
    const { envelope } = seal(alice.host.host, words(7));
    await alice.messenger.stop();
    assert.equal(alice.host.opens(bob.host.host, envelope), undefined);
  });
});
