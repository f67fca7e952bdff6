import assert from "node:assert/strict";
import { Record as Kept } from "@libp2p/kad-dht";
import { accountId, deviceId, limits, toHex } from "../../../src/base/index.ts";
import { systemClock } from "../../../src/daemon/process/system-clock.ts";
import type { CreatedHost } from "../../../src/node/host/libp2p-host.ts";
import { parseInvite } from "../../../src/wire/index.ts";
import { User } from "../../e2e/user.ts";
import { createLab, until } from "../../node/support.ts";
import { found, ofText } from "./needles.ts";
import { storingNode } from "./storing.ts";

const NAMES = ["Quillbert Oakwhistle", "Zephyrine Mudlark"] as const;
const SHARED = 8;

/** Every run of bytes and every text in what a peer sent. */
function* partsOf(value: unknown): Generator<Buffer> {
  if (typeof value === "string") yield Buffer.from(value);
  else if (value instanceof Uint8Array) yield Buffer.from(value);
  else if (typeof value === "object" && value !== null)
    for (const part of Object.values(value)) yield* partsOf(part);
}

const shares = (one: Uint8Array, other: Uint8Array): boolean =>
  Array.from({ length: one.length - SHARED + 1 }, (_, at) => at).some((at) =>
    Buffer.from(other).includes(Buffer.from(one.subarray(at, at + SHARED))),
  );

describe("a live node of the DHT that stores for two users, over the border of an epoch", function () {
  this.timeout(120_000);
  const lab = createLab();
  /** What is put on the system's time, ms: everybody's clock goes on by as much. */
  let ahead = 0;
  const clock = { ...systemClock, now: () => Date.now() + ahead };
  const needles: Record<string, string> = { planted: ofText("/sotto/") };
  const requests: Buffer[] = [];
  /** Tags that were put in each epoch. */
  const puts: Map<string, Uint8Array>[] = [new Map(), new Map()];
  const store: Buffer[] = [];
  const sizes = new Set<number>();
  let node: CreatedHost;

  /** Its whole store, as it is now. */
  function copyStore(): void {
    for (const { key, value } of node.datastore.query({})) {
      store.push(Buffer.from(key.toString()), Buffer.from(value));
      if (!key.toString().startsWith("/dht-")) continue;
      const record = Kept.deserialize(value);
      store.push(Buffer.from(record.key), Buffer.from(record.value));
      sizes.add(record.value.length);
    }
  }

  before(async () => {
    node = await storingNode(clock, (message, put) => {
      requests.push(...partsOf(message));
      if (put) puts[ahead === 0 ? 0 : 1]?.set(toHex(put), put);
    });
    const { host } = node;
    lab.later(() => host.stop());
    const bootstrap = host.getMultiaddrs().map(String);
    const users: User[] = [];
    for (const name of NAMES) {
      const user = await User.make(name, { bootstrap, clock });
      lab.later(() => user.end());
      users.push(user);
    }
    const [one, other] = users as [User, User];
    const terms = { kind: "once", expiresIn: 86_400_000, hints: true } as const;
    const { link } = await one.messenger.createInvite(terms);
    const parsed = parseInvite(link);
    assert.ok(parsed.kind === "invite");
    needles["the invite's secret"] = toHex(parsed.invite.secret);
    needles["the invite"] = ofText(link.slice(6, 46));
    await other.messenger.add(link, { as: "the name of a contact" });
    needles["the contact's name"] = ofText("the name of a contact");
    await one.until("paired", () => one.confirmed(other.name));
    for (const user of users) {
      const { account, device } = user.messenger.self();
      needles[`${user.name}'s account`] = toHex(accountId.bytes(account));
      needles[`${user.name}'s account as text`] = ofText(account);
      needles[`${user.name}'s device`] = toHex(deviceId.bytes(device));
      needles[`${user.name}'s name`] = ofText(user.name);
      needles[`${user.name}'s key of the store`] = toHex(user.key);
    }
    const bothHeld = () =>
      Promise.all(
        users.map((user) =>
          user.until("their records are held", () => {
            const { wanted, held } = user.messenger.health().records;
            return wanted > 0 && held === wanted;
          }),
        ),
      );
    await bothHeld();
    await until(() => (puts[0]?.size ?? 0) >= 2);
    copyStore();
    await Promise.all(users.map((user) => user.stop()));
    ahead = limits.epoch;
    await Promise.all(users.map((user) => user.start()));
    await bothHeld();
    await until(() => (puts[1]?.size ?? 0) >= 2);
    copyStore();
  });
  after(() => lab.clear());

  it("holds no key, no name, no secret of theirs, and was asked with none, in no form", () => {
    assert.ok(Object.keys(needles).length >= 14);
    assert.ok(store.length > 0 && requests.length > 0);
    assert.deepEqual(found(needles, store), ["planted"]);
    assert.deepEqual(found(needles, requests), ["planted"]);
  });

  it("would show one that is there: the same search finds a key in its store", () => {
    const hex = needles["the invite's secret"] ?? "";
    const planted = [...store, Buffer.from(`..${Buffer.from(hex, "hex").toString("base64")}`)];
    assert.deepEqual(found(needles, planted), ["planted", "the invite's secret"]);
  });

  it("keeps records of one size alone", () => {
    assert.deepEqual([...sizes], [limits.recordBytes]);
  });

  it("sees tags of two epochs and of both directions that have no eight bytes in common", () => {
    const all = puts.flatMap((each) => [...each.values()]);
    assert.ok(puts.every(({ size }) => size >= 2));
    for (const [i, one] of all.entries())
      for (const other of all.slice(i + 1)) assert.equal(shares(one, other), false);
    const [tag = new Uint8Array()] = all;
    assert.ok(shares(tag, Uint8Array.from([...new Uint8Array(9), ...tag])));
  });
});
