import assert from "node:assert/strict";
import { authorOp } from "../../../src/group/index.ts";
import { type GroupAction, joinGroupRecord } from "../../../src/wire/index.ts";
import { newGroup, type Person, person } from "../../group/people.ts";
import { crypto } from "./held.ts";
import { LogSource } from "./log-source.ts";
import { LATENCY, Party } from "./party.ts";

type Act = Exclude<GroupAction, { kind: "create" }>;
const people = [1, 2, 3].map((number) => person(number)) as [Person, Person, Person];

/** A group of three in which only the founder has the log, and the second is an admin. */
function club() {
  const [founder, second, third] = people;
  const { group, created } = newGroup(founder);
  const sources = people.map((one) => new LogSource(one.author(group).member, group));
  const party = new Party(sources);
  const [a, b, c] = sources as [LogSource, LogSource, LogSource];
  for (const source of sources)
    source.spread = (records, from) => party.sync(source.us).spread(records, from);
  const act = (source: LogSource, by: Person, action: Act): void => {
    const { signed } = authorOp(crypto, group, source.log, by.author(group), action, 6);
    assert.equal(source.addOp(signed), "placed");
    party.sync(source.us).spread([joinGroupRecord({ kind: "op", bytes: signed })]);
  };
  a.addOp(created.signed);
  act(a, founder, { kind: "add", entries: [second.entry(group), third.entry(group)], role: 2 });
  const target = second.author(group).member;
  act(a, founder, { kind: "role", target: Buffer.from(target, "hex"), role: 1, cuts: [] });
  return { party, sources, act, a, b, c };
}
const topic = (text: string): Act => ({
  kind: "set",
  field: 2,
  value: new TextEncoder().encode(text),
});

function assertEqual(sources: readonly LogSource[]): void {
  const [first, ...others] = sources as [LogSource, ...LogSource[]];
  for (const other of others) {
    assert.deepEqual([...other.log.heads].sort(), [...first.log.heads].sort());
    assert.deepEqual(other.state.settings, first.state.settings);
    assert.deepEqual([...other.state.members.keys()], [...first.state.members.keys()]);
  }
}

describe("messenger/group-sync/sync with signed ops", () => {
  it("gives a newcomer the log over a provisional link, and the next one over a link of members", async () => {
    const { party, sources, a, b, c } = club();
    const close = party.link(a.us, b.us);
    await party.pass();
    assert.equal(b.log.ops.size, 3);
    assert.ok(b.isMember(a.us));
    close();
    party.link(a.us, b.us);
    party.link(b.us, c.us);
    await party.pass();
    assertEqual(sources);
  });

  it("brings what two admins did apart to all, and new ops at once over another member", async () => {
    const { party, sources, act, a, b, c } = club();
    const first = party.link(a.us, b.us);
    await party.pass();
    first();
    const second = party.link(b.us, c.us);
    await party.pass();
    second();
    act(a, people[0], topic("of the founder"));
    act(a, people[0], topic("of the founder again"));
    act(b, people[1], topic("of the admin"));
    party.link(a.us, b.us);
    party.link(b.us, c.us);
    await party.pass();
    assertEqual(sources);
    assert.equal(a.log.heads.size, 2);
    act(a, people[0], topic("for all"));
    await party.pass(2 * LATENCY + 5);
    assertEqual(sources);
    assert.equal(c.log.heads.size, 1);
  });

  it("closes the link of a member that forges an op", async () => {
    const { party, a, b } = club();
    const close = party.link(a.us, b.us);
    await party.pass();
    close();
    // Now both know each other.
    party.link(a.us, b.us);
    await party.pass();
    const [signed] = [...b.stored.values()].slice(-1) as [Uint8Array];
    const forged = signed.slice();
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
    party.sync(b.us).spread([forged]);
    await party.pass(2 * LATENCY);
    const sent = party.sent.length;
    party.sync(b.us).round();
    assert.equal(party.sent.length, sent, "the link is closed");
    assert.equal(a.log.ops.size, 3);
  });
});
