import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, labels, utf8 } from "../../../src/base/index.ts";
import {
  type GenerationId,
  generationId,
  groupId,
  groupLimits,
  makeAck,
  memberId,
  opId,
  recordIdOf,
  type StreamId,
  signingKeyRecord,
  streamId,
  streamOfKey,
} from "../../../src/group/index.ts";
import { makeNow } from "../../../src/messenger/group-state/generations.ts";
import { memoryStore } from "../../../src/store/index.ts";
import {
  encodeGroupAck,
  encodeGroupHeader,
  encodeGroupSigningKey,
  type GroupAck,
  type GroupRecord,
  type GroupSigningKey,
  joinGroupRecord,
} from "../../../src/wire/index.ts";
import { SimTime } from "../../scenario/time.ts";
import { meet, type Passing } from "./meeting.ts";
import { crypto, MemberNode } from "./member-node.ts";

/** Until linked members compare what they have, ms, with time for the answers. */
const ROUND = groupLimits.syncEvery + 10_000;

/** A founder with members that it added; none of them is linked. */
async function club(count: number) {
  const time = new SimTime();
  const nodes = await Promise.all(
    Array.from({ length: count }, (_, i) => MemberNode.open(memoryStore(), time, `n${i}`)),
  );
  const [founder, ...others] = nodes as [MemberNode, ...MemberNode[]];
  await founder.create();
  await founder.add(...others);
  await tellLog(time, founder, others);
  return { time, nodes, founder, others };
}

/** Gives newcomers the log: until they have it, their links are provisional. */
async function tellLog(time: SimTime, founder: MemberNode, others: readonly MemberNode[]) {
  const links = others.map((node) => meet(founder, node));
  await time.pass(10_000);
  for (const close of links) close();
}

/** What all have in common once they have converged. */
const stateOf = ({ source, group }: MemberNode) => ({
  members: [...group.state.members.keys()].sort(),
  records: source?.records().map(({ id }) => id),
  heads: [...(source?.heads() ?? [])]
    .map(({ stream, upTo, hash, missing }) => ({ stream, upTo, hash: hash.join(), missing }))
    .sort((a, b) => (a.stream < b.stream ? -1 : 1)),
});

function assertConverged(nodes: readonly MemberNode[]): void {
  const [first, ...others] = nodes;
  for (const node of others) assert.deepEqual(stateOf(node), stateOf(first as MemberNode));
}

function stop(nodes: readonly MemberNode[]): void {
  for (const node of nodes) node.stop();
}

const record = (kind: GroupRecord["kind"], bytes: Uint8Array): Uint8Array =>
  joinGroupRecord({ kind, bytes });

describe("messenger/group: synchronisation of stored groups", () => {
  it("gives newcomers log, keys and messages; all read what is sealed after that", async () => {
    const { time, nodes, founder, others } = await club(3);
    assertConverged(nodes);
    for (const node of others) meet(founder, node);
    await time.pass(10_000);
    for (const [i, node] of nodes.entries()) {
      assert.notEqual(await node.say(`text ${i}`), undefined, `node ${i} can seal`);
      await time.pass(ROUND);
    }
    assertConverged(nodes);
    assert.deepEqual(
      nodes.map(({ texts }) => [...texts].sort()),
      [
        ["text 1", "text 2"],
        ["text 0", "text 2"],
        ["text 0", "text 1"],
      ],
    );
    stop(nodes);
  });

  it("converges, and each reads each text once, over links that break and nodes that restart", async () => {
    const step = fc.record({
      who: fc.nat(2),
      act: fc.constantFrom("say", "say", "restart", "meet", "part"),
      loss: fc.double({ min: 0, max: 0.3, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 24 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        async (steps, chance) => {
          const { time, nodes } = await club(3);
          const said: string[][] = [[], [], []];
          const read = (): string[][] => nodes.map(({ texts }) => texts);
          const before: string[][] = [[], [], []];
          let closes: (() => void)[] = [];
          const lossy =
            (loss: number): Passing =>
            (link) =>
              (chance.next().value ?? 1) < loss ? undefined : link;
          for (const [number, { who, act, loss }] of steps.entries()) {
            const node = nodes[who] as MemberNode;
            if (act === "say") {
              const text = `${number} of ${who}`;
              if ((await node.say(text)) !== undefined) said[who]?.push(text);
            } else if (act === "meet")
              closes.push(meet(node, nodes[(who + 1) % 3] as MemberNode, lossy(loss)));
            else {
              for (const close of closes) close();
              closes = [];
              if (act === "restart") {
                before[who]?.push(...node.texts);
                node.stop();
                nodes[who] = await MemberNode.open(node.store, time);
              }
            }
            await time.pass(1_000 * (1 + (number % 4)));
          }
          for (const close of closes) close();
          for (let i = 0; i < 3; i++)
            meet(nodes[i] as MemberNode, nodes[(i + 1) % 3] as MemberNode);
          await time.pass(4 * ROUND);
          assertConverged(nodes);
          for (const [who, texts] of read().entries())
            assert.deepEqual(
              [...(before[who] ?? []), ...texts].sort(),
              said.flatMap((own, author) => (author === who ? [] : own)).sort(),
              `node ${who} read everything once`,
            );
          stop(nodes);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("lets a member read what it gets from another one that restarted, without its author", async () => {
    const { time, nodes, founder, others } = await club(3);
    const [between, last] = others as [MemberNode, MemberNode];
    const part = meet(founder, between);
    await founder.say("hello");
    await time.pass(ROUND);
    part();
    between.stop();
    const again = await MemberNode.open(between.store, time);
    meet(again, last);
    await time.pass(ROUND);
    assert.deepEqual(last.texts, ["hello"]);
    stop([...nodes, again]);
  });

  it("gives a removed member its removal and no key, page or message after it", async () => {
    const { time, nodes, founder, others } = await club(3);
    const [kept, removed] = others as [MemberNode, MemberNode];
    for (const node of others) meet(founder, node);
    await time.pass(ROUND);
    await founder.say("for all");
    await time.pass(ROUND);
    await founder.remove(removed.us);
    await founder.say("for two");
    await time.pass(ROUND);
    assert.deepEqual(kept.texts, ["for all", "for two"]);
    assert.deepEqual(removed.texts, ["for all"]);
    assert.equal(removed.group.state.members.has(removed.us), false);
    const chains = [...removed.group.keys.generations.values()].map(
      ({ standing, chains: held }) => [standing, held.size > 0],
    );
    for (const [standing, holds] of chains) assert.equal(standing === "open", holds);
    const [newest] = founder.source?.heads().slice(-1) ?? [];
    const hash = newest?.hash as Uint8Array;
    assert.equal(await founder.source?.readKey(hash, removed.us), undefined);
    assert.notEqual(await founder.source?.readKey(hash, kept.us), undefined);
    for (const { hash: each } of founder.source?.heads() ?? [])
      assert.equal(await founder.source?.readKey(each, removed.us), undefined);
    const generation = [...founder.group.keys.generations.values()].at(-1);
    for (const page of generation?.announcement.pages ?? []) {
      assert.equal(await founder.source?.readPage(page, removed.us), undefined);
      assert.notEqual(await founder.source?.readPage(page, kept.us), undefined);
    }
    assert.ok((founder.source?.removalOf(removed.us) ?? []).length > 0);
    stop(nodes);
  });

  it("does not give a newcomer what was said before it joined", async () => {
    const { time, nodes, founder } = await club(2);
    await founder.say("early");
    const late = await MemberNode.open(memoryStore(), time, "late");
    await founder.add(late);
    await tellLog(time, founder, [late]);
    meet(founder, late);
    await time.pass(ROUND);
    await founder.say("later");
    await time.pass(ROUND);
    assert.deepEqual(late.texts, ["later"]);
    const early = founder.source
      ?.heads()
      .find(({ stream }) => late.source?.heads().every((head) => head.stream !== stream));
    const range = { member: founder.us, stream: early?.stream as StreamId };
    assert.deepEqual(
      await founder.source?.readMessages({ ...range, from: 1, to: 1 }, late.us, 1_000),
      { messages: [], withheld: [{ from: 1, to: 1 }] },
    );
    const hash = early?.hash ?? new Uint8Array();
    assert.equal(await founder.source?.readKey(hash, late.us), undefined);
    stop([...nodes, late]);
  });

  it("opens by repair what an envelope that was garbled cannot open", async () => {
    const { time, nodes, founder, others } = await club(3);
    const [victim] = others as [MemberNode];
    for (const node of others) meet(founder, node);
    await time.pass(ROUND);
    // The victim has lost its key packages: no envelope opens.
    victim.group.keys.packages.clear();
    await founder.say("hard to read");
    await time.pass(2 * ROUND);
    assert.deepEqual(victim.texts, ["hard to read"]);
    // A report of it makes others leave the generation.
    const before = founder.group.keys.generations.size;
    await founder.say("next");
    assert.equal(founder.group.keys.generations.size, before + 1);
    stop(nodes);
  });
});

describe("messenger/group: records of hostile members", () => {
  /** A club in which the last one is hostile, and its link as it sends what it likes. */
  async function attacked() {
    const { time, nodes, founder, others } = await club(3);
    const [honest, hostile] = others as [MemberNode, MemberNode];
    for (const node of others) meet(founder, node);
    await time.pass(ROUND);
    await founder.say("one");
    await time.pass(ROUND);
    const give = (...records: Uint8Array[]) => founder.source?.takeRecords(records, hostile.us);
    return { time, nodes, founder, honest, hostile, give };
  }

  const items = async ({ store, group }: MemberNode): Promise<number> =>
    (await store.list("group-item", group.row.ref)).length;

  it("keeps no acknowledgement of a stream that is not there", async () => {
    const { nodes, founder, honest, hostile, give } = await attacked();
    const before = await items(founder);
    for (let i = 0; i < 40; i++)
      await give(
        record(
          "ack",
          encodeGroupAck({
            from: memberId.bytes(hostile.us),
            to: memberId.bytes(honest.us),
            stream: crypto.random(8),
            ...{ upTo: 1, readUpTo: 1, mac: new Uint8Array(8) },
          }),
        ),
      );
    assert.equal(await items(founder), before);
    stop(nodes);
  });

  it("gives on a true acknowledgement although a member forged a greater one", async () => {
    const { nodes, founder, honest, hostile } = await attacked();
    const [head] = founder.source?.heads() ?? [];
    const stream = streamId.bytes(head?.stream as StreamId);
    const ack = {
      ...{ from: memberId.bytes(honest.us), to: memberId.bytes(founder.us), stream },
      ...{ upTo: 1, readUpTo: 0 },
    };
    const forged = record(
      "ack",
      encodeGroupAck({ ...ack, upTo: 2 ** 40, readUpTo: 2 ** 40, mac: new Uint8Array(8) }),
    );
    const { device } = honest.context.identity;
    const theirs = founder.context.identity.device.public;
    const made = makeAck(crypto, founder.group.row.id, device, theirs, ack);
    const honestAck = record("ack", encodeGroupAck(made as GroupAck));
    // The hostile member relays; it stands for any node that was given the forged one first.
    const relay = hostile;
    const holds = (node: MemberNode, one: Uint8Array) =>
      node.source?.records().some(({ id }) => id === recordIdOf(crypto, one));
    for (const again of [1, 2]) {
      await relay.source?.takeRecords([forged], founder.us);
      await relay.source?.takeRecords([honestAck], honest.us);
      assert.equal(holds(relay, honestAck), true, `it keeps what the maker gave, time ${again}`);
    }
    await founder.source?.takeRecords([forged, honestAck], relay.us);
    assert.deepEqual([holds(founder, forged), holds(founder, honestAck)], [false, true]);
    stop(nodes);
  });

  it("keeps one signing key of a member and generation, and no forged one", async () => {
    const { nodes, founder, honest, hostile, give } = await attacked();
    const before = await items(founder);
    const generation = [...founder.group.keys.generations.keys()].at(-1) as string;
    const whole = founder.group.keys.generations.get(generation)?.id as GenerationId;
    const { device } = hostile.context.identity;
    const forge = (member: MemberNode, stream?: Uint8Array) => {
      const key = crypto.signingFromSeed(crypto.random(32));
      const addressees = [...founder.group.state.members]
        .filter(([id]) => id !== member.us)
        .map(([id, { entry }]) => ({ member: id, device: entry.device }));
      const of = { group: founder.group.row.id, generation: whole, member: member.us, slot: 0 };
      const purpose = { ...of, stream: stream ?? streamOfKey(crypto, of, key.public) };
      const made = signingKeyRecord(crypto, purpose, key, device, addressees);
      return record("signing-key", encodeGroupSigningKey(made as GroupSigningKey));
    };
    await give(forge(honest));
    assert.equal(await items(founder), before, "a key of another member is refused");
    const [head] = founder.source?.heads() ?? [];
    const theirs = streamId.bytes(head?.stream as StreamId);
    assert.equal(await give(forge(hostile, theirs)), "hostile", "of a stream of another member");
    for (let i = 0; i < 20; i++) await give(forge(hostile));
    assert.ok((await items(founder)) <= before + 1, "one key of a member and generation");
    stop(nodes);
  });

  it("keeps a bounded number of generations, however many a member announces", async () => {
    const { nodes, founder, hostile } = await attacked();
    for (let i = 0; i < 40; i++) {
      const made = makeNow(hostile.context, hostile.group);
      await founder.source?.takeRecords(made?.fresh ?? [], hostile.us);
    }
    const generations = [...founder.group.keys.generations.values()];
    const kept = generations.filter(({ standing }) => standing !== "ended");
    assert.equal(kept.length, groupLimits.generations);
    const own = generations.filter(
      ({ announcement }) => memberId.from(announcement.maker) === founder.us,
    );
    assert.ok(
      own.every(({ standing }) => standing === "open"),
      "those of others stay",
    );
    stop(nodes);
  });

  it("takes a bounded number of announcements of one member in a day", async () => {
    const { time, nodes, founder, hostile } = await attacked();
    const taken = () => founder.group.keys.generations.size;
    const before = taken();
    for (let i = 0; i < groupLimits.announcementsPerDay + 10; i++) {
      const made = makeNow(hostile.context, hostile.group);
      await founder.source?.takeRecords(made?.fresh ?? [], hostile.us);
    }
    assert.equal(taken(), before + groupLimits.announcementsPerDay);
    await time.pass(24 * 3_600_000);
    await founder.source?.takeRecords([], hostile.us);
    assert.equal(taken(), before + groupLimits.announcementsPerDay + 10, "the others wait");
    stop(nodes);
  });

  it("survives any bytes as records, pages and messages, and keeps nothing of them", async () => {
    const { nodes, founder, hostile, give } = await attacked();
    const before = [await items(founder), stateOf(founder)];
    for (let kind = 0; kind < 8; kind++)
      for (const length of [0, 1, 40, 200, 2_000])
        await give(new Uint8Array([kind, ...crypto.random(length)]));
    await founder.source?.takePages([crypto.random(1136)], hostile.us);
    await founder.source?.takeMessages([crypto.random(400), utf8("x")]);
    assert.deepEqual([await items(founder), stateOf(founder)], before);
    stop(nodes);
  });

  it("refuses a message whose header names another generation than its signing key", async () => {
    const { time, nodes, founder, hostile } = await attacked();
    await hostile.say("mine");
    await time.pass(ROUND);
    const { group } = hostile;
    const generations = [...group.keys.generations.values()];
    const generation = generations.find(({ own }) => own !== undefined);
    const own = generation?.own;
    const other = generations.find(({ id }) => id !== generation?.id);
    const forge = (named: Uint8Array): Uint8Array => {
      const heads = [...group.log.heads].map(opId.bytes);
      const header = encodeGroupHeader({
        ...{ generation: named, member: memberId.bytes(hostile.us), slot: 0 },
        ...{ stream: streamId.bytes(own?.stream as StreamId), seq: 2 },
        previous: own?.previous as Uint8Array,
        ...{ nonce: crypto.random(12), check: crypto.random(32) },
        frontier: heads.map((head) => head.subarray(0, 8)),
      });
      const unsigned = concat(header, crypto.random(40));
      const claim = concat(
        utf8(labels.groupMessage),
        groupId.bytes(group.row.id),
        generationId.bytes(generation?.id as GenerationId),
        Uint8Array.of(heads.length),
        ...heads,
        unsigned,
      );
      const key = crypto.signingFromSeed(own?.seed.slice() ?? new Uint8Array());
      return concat(unsigned, crypto.sign(key, claim));
    };
    const short = (id: GenerationId | undefined) =>
      generationId.bytes(id as GenerationId).slice(0, 16);
    const before = stateOf(founder);
    assert.equal(await founder.source?.takeMessages([forge(short(other?.id))]), "hostile");
    assert.deepEqual(stateOf(founder), before);
    assert.equal(await founder.source?.takeMessages([forge(short(generation?.id))]), "taken");
    stop(nodes);
  });
});
