import assert from "node:assert/strict";
import fc from "fast-check";
import {
  generationId,
  groupLimits,
  groupMessageKey,
  type MemberId,
  messageHash,
  pageHash,
  recordId,
} from "../../../src/group/index.ts";
import { GroupSync } from "../../../src/messenger/group-sync/sync.ts";
import type { SyncLink } from "../../../src/messenger/group-sync/sync-source.ts";
import {
  encodeGroupLink,
  type Link,
  linkLists,
  type SyncRequest,
  type SyncResponse,
} from "../../../src/wire/index.ts";
import { SimTime } from "../../scenario/time.ts";
import { crypto, HeldGroup, memberAt, messageAt, recordAt, streamOf } from "./held.ts";
import { LATENCY, Party as PartyOf } from "./party.ts";

const MINUTE = 60_000;
const members = [1, 2, 3, 4].map(memberAt).sort();
const [alice, bob, carol, dave] = members as [MemberId, MemberId, MemberId, MemberId];
const key = new Uint8Array(32).fill(3);
const noRequest: SyncRequest = { ranges: [], reconcile: [], pages: [], keys: [], records: [] };
const noResponse: SyncResponse = {
  ...{ messages: [], records: [], reconcile: [], pages: [], keys: [], withheld: [] },
};

/** Members whose groups are in memory. */
class Party extends PartyOf<HeldGroup> {
  constructor(...who: readonly MemberId[]) {
    super(who.map((member) => new HeldGroup(member, members)));
  }
}

/** A link to a peer that answers as the test says. */
function hostile(source = new HeldGroup(alice, members)) {
  const time = new SimTime();
  const sync = new GroupSync({ crypto, clock: time.clock(), source });
  const sent: Link[] = [];
  const state = { closed: false };
  const link: SyncLink = {
    ...{ member: bob, key, provisional: false },
    send: (message) => {
      encodeGroupLink(message);
      sent.push(message);
      return !state.closed;
    },
    close: () => {
      state.closed = true;
      sync.ended(link);
    },
  };
  sync.linked(link);
  const say = async (message: Link): Promise<void> => {
    await sync.received(link, message);
    await time.settle();
  };
  const requests = () => sent.filter((one) => one.kind === "request");
  return { source, time, sync, sent, state, say, requests };
}
type Hostile = ReturnType<typeof hostile>;

/** A head of a stream that bob says he has. */
const headOf = (member: MemberId, upTo: number, number = 0): Link => ({
  kind: "heads",
  heads: [
    {
      ...{ member: Uint8Array.from(Buffer.from(member, "hex")), upTo, missing: [] },
      stream: Uint8Array.from(Buffer.from(streamOf(member, number), "hex")),
      hash: new Uint8Array(32),
    },
  ],
});
const state = (records = new Uint8Array(16)): Link => ({
  ...{ kind: "state", digests: new Uint8Array(256), records, frontier: [], lamport: 1 },
});
const range = (from: number, to: number, member = carol) => ({
  member: Uint8Array.from(Buffer.from(member, "hex")),
  stream: Uint8Array.from(Buffer.from(streamOf(member), "hex")),
  ...{ from, to },
});

describe("messenger/group-sync/sync", () => {
  const seqs = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 8 });
  const records = fc.uniqueArray(fc.nat(300), { maxLength: 60 });

  it("makes messages and records of two members equal, whatever each has", async () => {
    await fc.assert(
      fc.asyncProperty(seqs, seqs, seqs, records, records, async (a, b, c, mine, other) => {
        const party = new Party(alice, bob);
        party
          .of(alice)
          .write(carol, ...a)
          .write(dave, ...c)
          .add(...mine);
        party
          .of(bob)
          .write(carol, ...b)
          .add(...other);
        party.link(alice, bob);
        await party.pass();
        party.stop();
        const all = (...lists: number[][]) => [...new Set(lists.flat())].sort((x, y) => x - y);
        for (const member of [alice, bob]) {
          assert.deepEqual(party.of(member).seqs(carol), all(a, b));
          assert.deepEqual(party.of(member).seqs(dave), all(c));
          assert.equal(party.of(member).stored.size, all(mine, other).length);
        }
      }),
      { numRuns: 25 },
    );
  });

  it("reaches the third member over the second, at the next round", async () => {
    const party = new Party(alice, bob, carol);
    party.of(alice).write(alice, 1, 2, 3).add(1, 2, 3);
    party.link(alice, bob);
    party.link(bob, carol);
    await party.pass(groupLimits.syncEvery + 1_000);
    assert.deepEqual(party.of(carol).seqs(alice), [1, 2, 3]);
    assert.equal(party.of(carol).stored.size, 3);
  });

  it("states only its state where nothing differs", async () => {
    const party = new Party(alice, bob);
    for (const member of [alice, bob]) party.of(member).write(carol, 1, 2).add(5);
    party.link(alice, bob);
    await party.pass();
    assert.deepEqual(
      party.sent.map(({ link }) => link.kind),
      ["state", "state"],
    );
    assert.ok(party.sent.every(({ bytes }) => bytes < 300));
    assert.equal(party.of(alice).proven.get(bob)?.length, 1, "bob holds what alice has");
  });

  it("fetches 2,000 messages in pages, in order, with few requests", async () => {
    const party = new Party(alice, bob);
    party.of(bob).write(carol, ...Array.from({ length: 2_000 }, (_, i) => i + 1));
    party.link(alice, bob);
    await party.pass();
    assert.equal(party.of(alice).seqs(carol).length, 2_000);
    const bytes = party.sent.reduce((sum, one) => sum + one.bytes, 0);
    const payload = 2_000 * messageAt(carol, 1).length;
    assert.ok(bytes < 1.05 * payload, `${bytes} bytes for ${payload}`);
    assert.ok(party.count("request", alice) <= 10, `${party.count("request")} requests`);
  });

  it("asks each message of one member at a time", async () => {
    const party = new Party(alice, bob, carol);
    for (const member of [bob, carol])
      party.of(member).write(dave, ...Array.from({ length: 50 }, (_, i) => i + 1));
    party.link(alice, bob);
    party.link(alice, carol);
    await party.pass();
    assert.equal(party.of(alice).seqs(dave).length, 50);
    const messages = party.sent.flatMap(({ link }) =>
      link.kind === "response" ? link.messages : [],
    );
    assert.equal(messages.length, 50);
  });

  it("asks another member once a link closes before its answer, or it gives nothing", async () => {
    for (const silent of [true, false]) {
      const party = new Party(alice, bob, carol);
      for (const member of [bob, carol]) party.of(member).write(dave, 1, 2, 3);
      const close = party.link(alice, bob);
      if (silent) party.time.after(3.5 * LATENCY, close);
      else party.of(bob).readMessages = async () => ({ messages: [], withheld: [] });
      party.link(alice, carol);
      await party.pass();
      assert.deepEqual(party.of(alice).seqs(dave), [1, 2, 3]);
    }
  });

  it("gives no message and no key to a member outside the audience", async () => {
    const party = new Party(alice, bob);
    const source = party.of(bob).write(carol, 1, 2, 3, 4);
    source.audience = (to, _, seq) => to !== alice || seq > 2;
    party.link(alice, bob);
    await party.pass();
    assert.deepEqual(party.of(alice).seqs(carol), [3, 4]);
    const { gaps, asked } = party.sync(alice).missing();
    const lacking = { member: carol, stream: streamOf(carol), from: 1, to: 2, withheld: true };
    assert.deepEqual(gaps, [lacking]);
    assert.equal(asked, 1);
    const before = party.count("request", alice);
    await party.pass(groupLimits.syncEvery);
    assert.equal(party.count("request", alice), before, "what is withheld is not asked for again");
  });

  it("shows what no linked member has, and how many were asked", async () => {
    const party = new Party(alice, bob, carol);
    party.of(bob).write(dave, 1, 5);
    party.of(carol).write(dave, 1, 3);
    party.link(alice, bob);
    party.link(alice, carol);
    await party.pass();
    const { gaps, asked } = party.sync(alice).missing();
    const lacking = { member: dave, stream: streamOf(dave), withheld: false };
    assert.deepEqual(gaps, [
      { ...lacking, from: 2, to: 2 },
      { ...lacking, from: 4, to: 4 },
    ]);
    assert.equal(asked, 2);
  });

  it("gives an account that is no member its own removal and nothing else", async () => {
    const party = new Party(alice, bob);
    const source = party.of(bob).write(carol, 1).add(1, 2, 3);
    source.removal = source.put(recordAt(77));
    source.pages.set(
      Buffer.from(pageHash(crypto, new Uint8Array(9))).toString("hex"),
      new Uint8Array(9),
    );
    party.of(alice).wantedPages = [pageHash(crypto, new Uint8Array(9))];
    party.link(alice, bob);
    source.members.delete(alice);
    await party.pass();
    assert.deepEqual([...party.of(alice).stored.keys()], [source.removal]);
    assert.deepEqual(party.of(alice).seqs(carol), []);
    assert.equal(party.of(alice).pages.size, 0);
    assert.equal(party.count("heads", bob), 0);
  });

  it("takes only records over a provisional link, and gives none", async () => {
    // Alice lacks the add of bob; she is higher or lower than he is.
    for (const [late, known] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      const party = new Party(late, known);
      party.of(late).members.delete(known);
      party.of(late).write(late, 1).add(9);
      party.of(known).write(carol, 1).add(1, 2);
      party.link(late, known);
      await party.pass();
      assert.deepEqual(party.of(late).stored.size, 3);
      assert.deepEqual(party.of(late).seqs(carol), []);
      assert.deepEqual(party.of(known).stored.size, 2);
      assert.deepEqual(party.of(known).seqs(late), []);
    }
  });

  it("repairs keys of messages, and fetches pages, each with one request", async () => {
    const party = new Party(alice, bob);
    const hash = messageHash(crypto, messageAt(carol, 1));
    const page = crypto.random(1136);
    const mk = groupMessageKey(crypto.random(32));
    party.of(bob).keys.set(Buffer.from(hash).toString("hex"), mk);
    party.of(bob).pages.set(Buffer.from(pageHash(crypto, page)).toString("hex"), page);
    party.of(alice).wantedKeys = [hash, crypto.random(32)];
    party.of(alice).wantedPages = [pageHash(crypto, page)];
    party.link(alice, bob);
    await party.pass();
    assert.deepEqual(
      [...party.of(alice).keys.values()].map((one) => [...one]),
      [[...mk]],
    );
    assert.deepEqual([...party.of(alice).pages.values()], [page]);
    assert.equal(party.count("request", alice), 2);
  });

  it("reports a broken generation once a day for each member", async () => {
    const party = new Party(alice, bob);
    const generations = [1, 2].map((fill) => generationId.from(new Uint8Array(32).fill(fill)));
    party.of(alice).brokenHere = generations;
    party.link(alice, bob);
    const reports = () => party.of(bob).reports.filter((one) => one.startsWith("broken"));
    await party.pass();
    assert.deepEqual(reports(), [`broken ${generations[0]} ${alice}`]);
    await party.pass(23 * 60 * MINUTE);
    assert.equal(reports().length, 1);
    await party.pass(2 * 60 * MINUTE);
    assert.equal(reports().length, 2);
  });

  it("reports a fork and keeps the link", async () => {
    const party = new Party(alice, bob);
    party.of(alice).store(messageAt(carol, 1, 60, 1));
    party.of(bob).store(messageAt(carol, 1, 60, 2));
    party.link(alice, bob);
    await party.pass();
    assert.ok(party.of(alice).reports.includes(`forked ${streamOf(carol)} ${bob}`));
    assert.equal(party.sync(alice).missing().asked, 1);
  });

  it("spreads new records at once, and drops those beyond the rate", async () => {
    const party = new Party(alice, bob);
    party.link(alice, bob);
    await party.pass();
    party.sync(alice).spread([recordAt(1), recordAt(2)]);
    await party.pass(2 * LATENCY);
    assert.equal(party.of(bob).stored.size, 2);
    const many = Array.from({ length: 40 }, (_, i) => recordAt(100 + i, 16_000));
    party.sync(alice).spread(many);
    await party.pass(2 * LATENCY);
    const bytes = [...party.of(bob).stored.values()].reduce((sum, one) => sum + one.length, 0);
    assert.ok(bytes <= groupLimits.newsBurst + groupLimits.newsBytes);
  });

  it("takes no more of an author in a day than it may have written", async () => {
    const { say, requests, time } = hostile();
    const asked = () => requests().flatMap((one) => (one.kind === "request" ? one.ranges : []));
    await say(headOf(carol, 0xffffffff));
    assert.deepEqual(asked(), [range(1, groupLimits.messagesPerDay)]);
    await say({
      kind: "response",
      ...noResponse,
      messages: [messageAt(carol, 1), messageAt(carol, 2)],
    });
    assert.deepEqual(asked().at(-1), range(3, groupLimits.messagesPerDay));
    const other = headOf(carol, 0xffffffff, 1);
    await say(other);
    assert.equal(asked().at(-1)?.to, groupLimits.messagesPerDay - 2);
    await time.settle();
  });

  it("asks two members that give nothing of what they state once each in a round", async () => {
    const party = new Party(alice, bob, carol);
    for (const member of [bob, carol]) {
      party.of(member).write(dave, 1, 2, 3);
      party.of(member).readMessages = async () => ({ messages: [], withheld: [] });
    }
    party.link(alice, bob);
    party.link(alice, carol);
    await party.pass();
    assert.equal(party.count("request", alice), 2);
    await party.pass(groupLimits.syncEvery);
    assert.equal(party.count("request", alice), 4);
  });

  it("lets one of two members compare records, and fetches a log of many pages", async () => {
    for (const late of [alice, bob]) {
      const party = new Party(alice, bob);
      for (let i = 0; i < 200; i++) party.of(late === alice ? bob : alice).put(recordAt(i, 16_000));
      party.link(alice, bob);
      await party.pass();
      assert.equal(party.of(late).stored.size, 200);
      const begun = party.sent.filter(({ link }) => link.kind === "request");
      const whole = begun.filter(
        ({ link }) => link.kind === "request" && link.reconcile[0]?.lower.depth === 0,
      );
      assert.equal(whole[0]?.from, alice, "the lower one begins");
      const bytes = party.sent.reduce((sum, one) => sum + one.bytes, 0);
      assert.ok(bytes < 1.02 * 200 * 16_004, `${bytes} bytes`);
    }
  });

  it("learns over a provisional link what the member lists", async () => {
    const common = Array.from({ length: 100 }, (_, i) => i);
    const party = new Party(bob, alice);
    party.of(bob).members.delete(alice);
    party.of(bob).add(...common);
    // Its only other record is where it has few: it lists them.
    party.of(alice).add(...common.slice(0, 12), 4_000);
    party.link(bob, alice);
    await party.pass();
    assert.equal(party.of(bob).stored.size, 101);
    assert.equal(party.of(alice).stored.size, 13);
  });

  describe("closes the link of a member that", () => {
    const asking = async (one: Hostile, upTo = 9) => {
      await one.say(headOf(carol, upTo));
      assert.equal(one.requests().length, 1);
    };
    const answers: readonly [string, Partial<SyncResponse>][] = [
      ["sends a message of another stream", { messages: [messageAt(dave, 1)] }],
      ["sends a message beyond the range", { messages: [messageAt(carol, 10)] }],
      ["sends a message twice", { messages: [messageAt(carol, 1), messageAt(carol, 1)] }],
      ["sends messages out of order", { messages: [messageAt(carol, 2), messageAt(carol, 1)] }],
      ["sends what is no message", { messages: [new Uint8Array(300)] }],
      ["sends records with messages", { messages: [messageAt(carol, 1)], records: [recordAt(1)] }],
      ["sends two records where none was asked for", { records: [recordAt(1), recordAt(2)] }],
      ["sends a page that was not asked for", { pages: [new Uint8Array(9)] }],
      ["sends a key that was not asked for", { keys: [{ message: key, mk: key }] }],
      [
        "compares records where none were asked for",
        { reconcile: [{ lower: { depth: 0, id: new Uint8Array(0) }, ids: new Uint8Array(0) }] },
      ],
      ["withholds what was not asked for", { withheld: [range(5, 10)] }],
    ];
    for (const [name, response] of answers)
      it(name, async () => {
        const one = hostile();
        await asking(one);
        await one.say({ kind: "response", ...noResponse, ...response });
        assert.equal(one.state.closed, true);
        assert.equal(one.source.messages.size + one.source.stored.size + one.source.keys.size, 0);
      });

    it("answers without a request, or twice", async () => {
      const one = hostile();
      await one.say({ kind: "response", ...noResponse });
      assert.equal(one.state.closed, true);
      const two = hostile();
      await asking(two);
      await two.say({ kind: "response", ...noResponse });
      assert.equal(two.state.closed, false);
      await two.say({ kind: "response", ...noResponse });
      assert.equal(two.state.closed, true);
    });

    it("sends messages that do not verify", async () => {
      const one = hostile();
      await asking(one);
      one.source.refuses = true;
      await one.say({ kind: "response", ...noResponse, messages: [messageAt(carol, 1)] });
      assert.equal(one.state.closed, true);
    });

    it("sends news that do not verify", async () => {
      const one = hostile();
      one.source.refuses = true;
      await one.say({ kind: "news", records: [recordAt(1)] });
      assert.equal(one.state.closed, true);
    });

    it("sends heads that cannot be", async () => {
      const one = hostile();
      const [head] = (headOf(carol, 9) as Link & { kind: "heads" }).heads;
      assert.ok(head);
      await one.say({ kind: "heads", heads: [{ ...head, missing: [4, 20] }] });
      assert.equal(one.state.closed, true);
    });

    it("compares ranges of records that overlap, in a request and in a response", async () => {
      const lower = { depth: 0, id: new Uint8Array(0) };
      const reconcile = [1, 2].map(() => ({ lower, fingerprint: new Uint8Array(16) }));
      const one = hostile();
      await one.say({ kind: "request", ...noRequest, reconcile });
      assert.equal(one.state.closed, true);
      const two = hostile();
      await two.say(state());
      assert.equal(two.requests().length, 1);
      await two.say({ kind: "response", ...noResponse, reconcile });
      assert.equal(two.state.closed, true);
    });

    it("does not answer for a minute", async () => {
      const one = hostile();
      await asking(one);
      await one.time.pass(groupLimits.syncTimeout - 1);
      assert.equal(one.state.closed, false);
      await one.time.pass(1);
      assert.equal(one.state.closed, true);
    });

    it("has more requests open than an honest one", async () => {
      const one = hostile();
      one.source.readMessages = () => new Promise(() => undefined);
      const request: Link = { kind: "request", ...noRequest, ranges: [range(1, 2)] };
      for (let i = 0; i < 2 * groupLimits.syncRequests; i++) await one.say(request);
      assert.equal(one.state.closed, false);
      await one.say(request);
      assert.equal(one.state.closed, true);
    });
  });

  describe("bounds the work for a member that", () => {
    it("answers comparisons of records with other fingerprints without end", async () => {
      const one = hostile(
        new HeldGroup(alice, members).add(...Array.from({ length: 400 }, (_, i) => i)),
      );
      await one.say(state());
      for (let i = 0; i < 100 && one.requests().length > i; i++) {
        const reconcile = [
          { lower: { depth: 0, id: new Uint8Array(0) }, fingerprint: new Uint8Array(16).fill(i) },
        ];
        await one.say({ kind: "response", ...noResponse, reconcile });
      }
      assert.equal(one.requests().length, groupLimits.syncFruitless);
      assert.equal(one.state.closed, false);
    });

    it("states another state all the time", async () => {
      const one = hostile(new HeldGroup(alice, members).write(carol, 1));
      for (let i = 0; i < 100; i++) await one.say(state(new Uint8Array(16).fill(i)));
      const heads = one.sent.filter(({ kind }) => kind === "heads");
      assert.equal(heads.length, groupLimits.syncStates);
    });

    it("invents streams", async () => {
      const one = hostile();
      for (let i = 0; i < 200; i++) {
        const heads = Array.from({ length: linkLists.heads }, (_, n) => ({
          member: crypto.sha256(Uint8Array.of(n, i)).slice(0, 16),
          stream: crypto.sha256(Uint8Array.of(i, n)).slice(0, 8),
          ...{ upTo: 0xffffffff, hash: new Uint8Array(32), missing: [] },
        }));
        await one.say({ kind: "heads", heads });
      }
      assert.equal(one.requests().length, groupLimits.syncRequests);
      let answered = 0;
      while (one.requests().length > answered && answered < 1_000) {
        answered++;
        await one.say({ kind: "response", ...noResponse });
      }
      assert.ok(answered <= groupLimits.streamHeads / linkLists.ranges, `${answered}`);
    });

    it("asks for as much as one request has", async () => {
      const source = new HeldGroup(alice, members);
      source.write(carol, ...Array.from({ length: 600 }, (_, i) => i + 1));
      const ids = Array.from({ length: 600 }, (_, i) => source.put(recordAt(i, 8_000)));
      const page = crypto.random(54_528);
      source.pages.set(Buffer.from(pageHash(crypto, page)).toString("hex"), page);
      const hashes = Array.from({ length: linkLists.keys }, (_, i) =>
        crypto.sha256(Uint8Array.of(i)),
      );
      for (const hash of hashes)
        source.keys.set(Buffer.from(hash).toString("hex"), groupMessageKey(crypto.random(32)));
      const one = hostile(source);
      const whole: SyncRequest = {
        ranges: Array.from({ length: linkLists.ranges }, () => range(1, 600)),
        reconcile: [{ lower: { depth: 0, id: new Uint8Array(0) }, ids: new Uint8Array(0) }],
        pages: [pageHash(crypto, page)],
        keys: hashes,
        records: ids.slice(0, linkLists.records).map(recordId.bytes),
      };
      for (let i = 0; i < 3; i++) await one.say({ kind: "request", ...whole });
      const responses = one.sent.filter(({ kind }) => kind === "response");
      assert.equal(responses.length, 3);
      for (const response of responses) assert.ok(encodeGroupLink(response).length < 68 * 1024);
    });

    it("compares all records again and again, and looks for what is not here", async () => {
      const source = new HeldGroup(alice, members);
      source.add(...Array.from({ length: 3_000 }, (_, i) => i));
      const lower = { depth: 0, id: new Uint8Array(0) };
      const compare: SyncRequest = {
        ...noRequest,
        reconcile: [{ lower, fingerprint: new Uint8Array(16) }],
      };
      const hashes = Array.from({ length: linkLists.records }, () => crypto.random(32));
      const looking: SyncRequest = { ...noRequest, records: hashes };
      for (const [request, most] of [
        [compare, 5 * 22 + 22],
        [looking, 5 * 17 + 17],
      ] as const) {
        const one = hostile(source);
        for (let i = 0; i < 500; i++) {
          await one.say({ kind: "request", ...request });
          await one.time.pass(10);
          if (one.state.closed) break;
        }
        const answered = one.sent.filter(({ kind }) => kind === "response").length;
        assert.ok(answered > 0 && answered <= most, `${answered} answers`);
      }
    });

    it("sends lists of heads that are empty", async () => {
      const one = hostile();
      let read = 0;
      const { source } = one;
      const heads = source.heads.bind(source);
      source.heads = () => {
        read++;
        return heads();
      };
      for (let i = 0; i < 500; i++) await one.say({ kind: "heads", heads: [] });
      assert.equal(read, groupLimits.streamHeads / 64);
    });

    it("asks without end: two MiB a second are given", async () => {
      const source = new HeldGroup(alice, members);
      source.write(carol, ...Array.from({ length: 300 }, (_, i) => i + 1));
      const one = hostile(source);
      const request: Link = { kind: "request", ...noRequest, ranges: [range(1, 300)] };
      const given = () =>
        one.sent.reduce(
          (sum, link) => sum + (link.kind === "response" ? encodeGroupLink(link).length : 0),
          0,
        );
      for (let i = 0; i < 400; i++) {
        if (one.state.closed) break;
        await one.say(request);
        await one.time.pass(10);
      }
      assert.ok(given() < 2.2 * groupLimits.syncBytes * 5, `${given()}`);
    });
  });

  it("ignores messages of a link that was replaced", async () => {
    const one = hostile();
    let closed = false;
    const close = () => {
      closed = true;
    };
    one.sync.linked({ member: bob, key, provisional: false, send: () => true, close });
    await one.say({ kind: "response", ...noResponse });
    assert.equal(one.state.closed || closed, false);
  });

  it("states at once what was added, to members that do not know it", async () => {
    const party = new Party(alice, bob);
    party.link(alice, bob);
    await party.pass();
    const before = party.count("state");
    party.sync(alice).changed();
    await party.pass();
    assert.equal(party.count("state"), before);
    party.of(alice).write(alice, 1);
    party.sync(alice).changed();
    await party.pass(6 * LATENCY);
    assert.deepEqual(party.of(bob).seqs(alice), [1]);
  });
});
