/** Keys of a group on a real store: what is on the disk, across crashes and a disk that went back. */
import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { toHex } from "../../../src/base/index.ts";
import { memberId, type StreamId } from "../../../src/group/index.ts";
import { Upkeep } from "../../../src/messenger/group/upkeep.ts";
import { openGenerations } from "../../../src/messenger/group-state/generations.ts";
import type { Group } from "../../../src/messenger/group-state/group.ts";
import { newestPackage } from "../../../src/messenger/group-state/held-keys.ts";
import { endExpired } from "../../../src/messenger/group-state/key-bounds.ts";
import { rendezvousSecrets } from "../../../src/messenger/group-state/rendezvous-secrets.ts";
import { spendKeys } from "../../../src/messenger/group-state/sealed-rows.ts";
import type { MessageRow } from "../../../src/messenger/model/message.ts";
import type { Store, StoreOp } from "../../../src/ports/index.ts";
import { decodeGroupMessage } from "../../../src/wire/index.ts";
import { SimTime } from "../../scenario/time.ts";
import { openAt, temporaryDirectory } from "../../store/fixtures.ts";
import { MemberNode } from "./member-node.ts";

const HOUR = 3_600_000;

/** A store whose process dies at a commit: that one and all later ones are not written. */
class DyingStore {
  readonly #store: Store;
  /** Commits that still succeed. */
  left = Number.POSITIVE_INFINITY;

  constructor(store: Store) {
    this.#store = store;
  }

  get port(): Store {
    return {
      get: (key) => this.#store.get(key),
      list: (table, of, options) => this.#store.list(table, of, options),
      all: (table) => this.#store.all(table),
      commit: async (ops: readonly StoreOp[]) => {
        if (this.left-- <= 0) throw new Error("died");
        await this.#store.commit(ops);
      },
      shred: () => this.#store.shred(),
      close: () => this.#store.close(),
    };
  }
}

/** Two members, of whom the second one's store is on a disk; records and pages are handed over. */
async function pair() {
  const time = new SimTime();
  const directory = temporaryDirectory();
  const disk = temporaryDirectory();
  const founder = await MemberNode.open(await openAt(directory), time, "founder");
  const other = await MemberNode.open(await openAt(disk), time, "other");
  await founder.create();
  await founder.add(other);
  await give(founder, other);
  await give(other, founder);
  return {
    ...{ time, founder, other, disk },
    async end() {
      founder.stop();
      other.stop();
      await founder.store.close();
      await other.store.close();
      for (const one of [directory, disk]) rmSync(one, { recursive: true, force: true });
    },
  };
}

/** Hands all records, pages and messages over that a node has, as sync would. */
async function give(from: MemberNode, to: MemberNode): Promise<void> {
  const { source } = from;
  const records = await Promise.all(
    (source?.records() ?? []).map(({ id }) => source?.readRecord(id)),
  );
  await to.source?.takeRecords(
    records.flatMap((record) => record ?? []),
    from.us,
  );
  for (const hash of to.source?.lacking().pages ?? []) {
    const page = await source?.readPage(hash, to.us);
    if (page !== undefined) await to.source?.takePages([page], from.us);
  }
  for (const { member, stream, upTo } of source?.heads() ?? []) {
    const range = { member, stream, from: 1, to: upTo };
    const given = await source?.readMessages(range, to.us, 1_000_000);
    await to.source?.takeMessages(given?.messages ?? []);
  }
}

async function reopened(node: MemberNode, directory: string): Promise<MemberNode> {
  node.stop();
  await node.store.close();
  return MemberNode.open(await openAt(directory), node.time);
}

const chainsOf = ({ keys }: Group): string[] =>
  [...keys.generations.values()]
    .flatMap(({ id, standing, chains }) =>
      [...chains].map(([member, { next, ck, skipped }]) =>
        [id, standing, member, next, toHex(ck), skipped.map(({ seq }) => seq)].join(" "),
      ),
    )
    .sort();

/** All values of a table that contain some bytes. */
async function valuesWith(store: Store, table: "group" | "group-key", bytes: Uint8Array) {
  const hex = toHex(bytes);
  return (await store.all(table)).filter((value) => Buffer.from(value).toString().includes(hex));
}

describe("messenger/group: keys on the disk", () => {
  it("has the same chains, packages and streams after a restart", async () => {
    const { founder, other, disk, end } = await pair();
    for (const text of ["one", "two"]) await founder.say(text);
    await give(founder, other);
    await other.say("three");
    const before = [chainsOf(other.group), [...other.group.keys.packages.keys()].sort()];
    const again = await reopened(other, disk);
    assert.deepEqual([chainsOf(again.group), [...again.group.keys.packages.keys()].sort()], before);
    const parts = decodeGroupMessage((await again.say("four")) ?? new Uint8Array());
    assert.equal(parts?.seq, 2, "the stream continues");
    await give(again, founder);
    assert.deepEqual(founder.texts, ["three", "four"]);
    await end().catch(() => undefined);
    again.stop();
    await again.store.close();
  });

  it("has no secret of a key package in the row of a group", async () => {
    const { founder, other, end } = await pair();
    for (const { store, group } of [founder, other]) {
      const secrets = newestPackage(group.keys);
      for (const secret of [secrets?.dh.secret, secrets?.kem.secret] as Uint8Array[]) {
        assert.equal((await valuesWith(store, "group", secret)).length, 0);
        assert.equal((await valuesWith(store, "group-key", secret)).length, 1);
      }
    }
    await end();
  });

  it("has the key of no message any more that it sealed or opened", async () => {
    const { founder, other, end } = await pair();
    await founder.say("one");
    await give(founder, other);
    const keys = (node: MemberNode) =>
      [...node.group.keys.generations.values()].flatMap(({ chains }) =>
        [...chains.values()].map(({ ck }) => ck.slice()),
      );
    const [before, theirs] = [keys(founder), keys(other)];
    const used = (node: MemberNode, earlier: Uint8Array[]) => {
      const now = new Set(keys(node).map(toHex));
      return earlier.filter((ck) => !now.has(toHex(ck)));
    };
    await founder.say("two");
    await give(founder, other);
    for (const [node, spent] of [
      [founder, used(founder, before)],
      [other, used(other, theirs)],
    ] as const) {
      assert.equal(spent.length, 1, "one chain went on");
      for (const ck of spent)
        assert.equal((await valuesWith(node.store, "group-key", ck)).length, 0);
    }
    await end();
  });

  it("replaces its key package once it was used, and erases the old one after 48 hours", async () => {
    const { time, founder, other, end } = await pair();
    const secret = newestPackage(other.group.keys)?.kem.secret.slice() ?? new Uint8Array();
    await founder.say("one");
    await give(founder, other);
    assert.equal(newestPackage(other.group.keys)?.number, 2);
    const kept = async () => (await valuesWith(other.store, "group-key", secret)).length;
    const upkeep = new Upkeep(other.context, other.group, () => true);
    upkeep.start();
    await time.pass(47 * HOUR);
    assert.equal(await kept(), 1);
    await time.pass(2 * HOUR);
    await other.context.locks.idle();
    assert.equal(await kept(), 0);
    upkeep.stop();
    assert.deepEqual([...other.group.keys.packages.keys()], [2]);
    await end();
  });

  it("opens a generation at once or not at all, at whichever commit the process dies", async () => {
    const { time, founder, other, disk, end } = await pair();
    await founder.say("one");
    other.stop();
    await other.store.close();
    for (let commits = 0; commits < 6; commits++) {
      const store = new DyingStore(await openAt(disk));
      const node = await MemberNode.open(store.port, time);
      store.left = commits;
      await node.say(`text ${commits}`).catch(() => undefined);
      await founder.say(`back ${commits}`);
      await give(founder, node).catch(() => undefined);
      node.stop();
      await store.port.close();
      const back = new DyingStore(await openAt(disk));
      const again = await MemberNode.open(back.port, time);
      for (const { standing, chains } of again.group.keys.generations.values())
        assert.equal(standing === "open", chains.size > 0);
      await give(founder, again);
      await give(again, founder);
      assert.equal(again.source?.lacking().keys.length, 0, "everything can be opened");
      again.stop();
      await back.port.close();
    }
    await end().catch(() => undefined);
  });

  it("uses no key with one nonce twice after the disk went back", async () => {
    const { founder, other, disk, end } = await pair();
    await give(founder, other);
    await other.say("zero");
    let node = await reopened(other, disk);
    const backup = temporaryDirectory();
    node.stop();
    await node.store.close();
    cpSync(disk, backup, { recursive: true });
    const sealed: Uint8Array[] = [];
    for (const text of ["first future", "second future"]) {
      rmSync(disk, { recursive: true, force: true });
      cpSync(backup, disk, { recursive: true });
      node = await MemberNode.open(await openAt(disk), founder.time);
      sealed.push((await node.say(text)) as Uint8Array);
      node.stop();
      await node.store.close();
    }
    const [one, two] = sealed.map((message) => decodeGroupMessage(message));
    assert.deepEqual(one?.stream, two?.stream, "both futures continue the stream");
    assert.deepEqual(one?.check, two?.check, "with one key");
    assert.notDeepEqual(one?.nonce, two?.nonce, "and two nonces");
    rmSync(backup, { recursive: true, force: true });
    await end().catch(() => undefined);
  });

  it("goes on in another generation where others have messages of it that it does not know", async () => {
    const { founder, other, disk, end } = await pair();
    await give(founder, other);
    await other.say("zero");
    let node = await reopened(other, disk);
    const backup = temporaryDirectory();
    node.stop();
    await node.store.close();
    cpSync(disk, backup, { recursive: true });
    node = await MemberNode.open(await openAt(disk), founder.time);
    const lost = decodeGroupMessage((await node.say("lost")) as Uint8Array);
    await give(node, founder);
    node.stop();
    await node.store.close();
    rmSync(disk, { recursive: true, force: true });
    cpSync(backup, disk, { recursive: true });
    node = await MemberNode.open(await openAt(disk), founder.time);
    await give(founder, node);
    const next = decodeGroupMessage((await node.say("again")) as Uint8Array);
    assert.notDeepEqual(next?.stream, lost?.stream);
    assert.notDeepEqual(next?.generation, lost?.generation);
    await give(node, founder);
    assert.deepEqual(founder.texts, ["zero", "lost", "again"]);
    node.stop();
    await node.store.close();
    rmSync(backup, { recursive: true, force: true });
    await end().catch(() => undefined);
  });

  it("has no chain of a generation that it is no recipient of, in memory and on the disk", async () => {
    const { founder, other, end } = await pair();
    await founder.say("one");
    await give(founder, other);
    const held = other.group.keys.generations.size;
    await founder.remove(other.us);
    const record = founder.source?.removalOf(other.us).at(-1);
    const removal = record && (await founder.source?.readRecord(record));
    await other.source?.takeRecords([removal as Uint8Array], founder.us);
    const generations = [...other.group.keys.generations.values()];
    assert.equal(generations.length, held + 1);
    const last = generations.at(-1);
    assert.deepEqual([last?.standing, last?.chains.size], ["foreign", 0]);
    const rows = await other.store.all("group-key");
    const chains = rows.filter((row) => {
      const text = Buffer.from(row).toString();
      return text.includes(last?.id as string) && text.includes('"chain"');
    });
    assert.equal(chains.length, 0);
    assert.equal(openGenerations(other.context, other.group, new Uint8Array(1136)).ops.length, 0);
    assert.equal(memberId.bytes(other.us).length, 16);
    await end();
  });
});

describe("messenger/group: keys of deleted texts", () => {
  it("are erased; the message is still given to others and not asked for again", async () => {
    const { founder, other, disk, end } = await pair();
    await founder.say("to be deleted");
    await give(founder, other);
    const [head] = other.source?.heads() ?? [];
    const stream = head?.stream as StreamId;
    const { ref } = other.group.row;
    const hash = head?.hash ?? new Uint8Array();
    const mk = await other.source?.readKey(hash, founder.us);
    assert.equal(mk?.length, 32);
    const rows = [{ stream, sequence: 1 } as MessageRow];
    await other.store.commit(await spendKeys(other.store, ref, rows));
    const again = await reopened(other, disk);
    assert.deepEqual([again.source?.heads(), again.source?.lacking().keys], [[head], []]);
    assert.equal(await again.source?.readKey(hash, founder.us), undefined);
    const range = { member: founder.us, stream, from: 1, to: 1 };
    const given = await again.source?.readMessages(range, founder.us, 1_000_000);
    assert.equal(given?.messages.length, 1);
    const [kept] = await again.store.list("group-message", `${ref} ${stream}`);
    assert.equal(toHex(kept?.value ?? new Uint8Array()).includes(toHex(mk)), false);
    again.stop();
    await again.store.close();
    await end().catch(() => undefined);
  });
});

describe("messenger/group: rendezvous secrets", () => {
  it("are the same for all recipients, clean until one leaves, and kept on the disk", async () => {
    const { time, founder, other, disk, end } = await pair();
    await founder.say("one");
    await give(founder, other);
    const [ours, theirs] = [founder, other].map(({ group }) => rendezvousSecrets(group));
    // The founder has an older one too, from when it was alone; what it gave a newcomer is not clean.
    assert.deepEqual(ours?.[0]?.secret, theirs?.[0]?.secret);
    assert.deepEqual(
      [ours?.length, theirs?.length, ours?.[0]?.clean, ours?.[0]?.recipients],
      [2, 1, true, 2],
    );
    const again = await reopened(other, disk);
    assert.deepEqual(rendezvousSecrets(again.group), theirs);
    await time.pass(HOUR);
    await founder.remove(again.us);
    const [newest, before] = rendezvousSecrets(founder.group);
    assert.deepEqual([newest?.clean, before?.clean], [true, false]);
    await time.pass(90 * 24 * HOUR);
    const { ops, apply } = endExpired(founder.context, founder.group);
    await founder.store.commit(ops);
    apply();
    assert.equal(rendezvousSecrets(founder.group).length, 1, "the newest one is kept");
    again.stop();
    await again.store.close();
    await end().catch(() => undefined);
  });
});
