import assert from "node:assert/strict";
import { basename } from "node:path";
import { type HostId, limits } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { rendezvousKeys, sealRecord, secretAt, startChain } from "../../../src/dht/index.ts";
import { answerOf, canIsolate } from "../../support/isolated.ts";
import { found, ofText } from "./needles.ts";

interface Sights {
  readonly needles: number;
  /** Tags of records, and hints of the invite, that were looked for on the wire too. */
  readonly tags: number;
  readonly hints: number;
  readonly wire: readonly string[];
  readonly bytes: number;
  /** Sizes of what Noise carried, each once, ascending. */
  readonly records: readonly number[];
  readonly host: {
    readonly memory: readonly string[];
    readonly disk: readonly string[];
    readonly files: readonly string[];
  };
  readonly own: readonly string[];
  readonly mdns: { readonly datagrams: number; readonly found: readonly string[] };
  readonly peerIdStays: boolean;
}

describe("what each observer has (needs the right to make a network namespace)", function () {
  this.timeout(180_000);
  let sights: Sights;

  before(async function () {
    if (process.platform !== "linux" || !(await canIsolate())) this.skip();
    sights = (await answerOf("test/slow/privacy/scene.ts", 170_000)) as Sights;
  });

  it("on the wire: no key, no name, no text, no secret, no record's tag, no hint, in no form", () => {
    assert.ok(sights.tags >= 2 && sights.hints >= 1);
    assert.ok(sights.needles >= 15 && sights.bytes > 300_000);
    assert.deepEqual(sights.wire, ["planted"]);
  });

  it("on the wire: what is large is of one of the sizes of frames", () => {
    const YAMUX = 12;
    const NOISE = 65_535 - 16;
    const sizes = limits.frameBuckets.map((bucket) => bucket + YAMUX);
    const largest = sizes.pop() ?? 0;
    // A message of Noise has 64 KiB at most: the largest frame takes two.
    const steps = [...sizes, largest - NOISE, NOISE].sort((a, b) => a - b);
    const { records } = sights;
    assert.deepEqual(
      records.filter((size) => size > (steps[1] ?? 0)),
      steps.slice(2),
    );
    for (const step of steps) assert.ok(records.includes(step), `${step} was seen`);
  });

  it("in the memory of a bootstrap node: nothing but what it receives", () => {
    assert.deepEqual(sights.host.memory, ["planted"]);
  });

  it("on the disk of a bootstrap node: its key and its settings, and no PeerId of another", () => {
    assert.deepEqual(sights.host.disk, []);
    const names = sights.host.files.map((name) => basename(name));
    assert.deepEqual(names.sort(), ["bootstrap.key", "node.lock"]);
  });

  it("over mDNS: no name of the machine, of its account, or of the person", () => {
    assert.ok(sights.mdns.datagrams > 0);
    assert.deepEqual(sights.mdns.found, ["planted"]);
  });

  it("after a restart: another PeerId", () => {
    assert.equal(sights.peerIdStays, false);
  });

  it("would be found by the same search: a node's own memory has its names and keys", () => {
    assert.ok(sights.own.some((name) => name.endsWith("name")));
    assert.ok(sights.own.some((name) => name.endsWith("account")));
  });
});

describe("the search for what must not be there", () => {
  const secret = Uint8Array.from({ length: 32 }, (_, i) => (i * 73 + 9) & 255);
  const needles = { secret: Buffer.from(secret).toString("hex") };

  it("finds it raw, in hex and in base64 at every place of a longer run", () => {
    const base64 = [0, 1, 2, 3].map((before) =>
      Buffer.concat([Buffer.alloc(before, 7), secret, Buffer.alloc(5, 9)]).toString("base64"),
    );
    for (const text of [...base64, Buffer.from(secret).toString("hex")])
      assert.deepEqual(found(needles, [Buffer.from(`..${text}..`)]), ["secret"]);
    assert.deepEqual(found(needles, [Buffer.concat([Buffer.alloc(9), secret])]), ["secret"]);
    assert.deepEqual(found(needles, [Buffer.alloc(4_096)]), []);
    assert.deepEqual(found({ a: ofText("heron") }, [Buffer.from("a heron")]), ["a"]);
  });
});

describe("what a node of the DHT keeps", () => {
  const crypto = nodeCrypto();
  const chain = startChain(crypto, crypto.random(32), 1_900_000_000_000);
  const body = { host: "12D3KooWTest" as HostId, addresses: ["/ip4/203.0.113.7/tcp/4001"] };

  /** Tag and record of a direction in an epoch. */
  const kept = (epoch: number, direction: "a" | "b", time: number): Buffer => {
    const secret = secretAt(crypto, chain, epoch);
    assert.ok(secret);
    const keys = rendezvousKeys(crypto, secret, direction);
    return Buffer.concat([keys.tag, sealRecord(crypto, keys, body, time)]);
  };
  const LONGEST = 8;
  const shares = (one: Buffer, other: Buffer): boolean =>
    Array.from({ length: one.length - LONGEST + 1 }, (_, at) => at).some((at) =>
      other.includes(one.subarray(at, at + LONGEST)),
    );

  it("has no eight bytes in common in two epochs of a pair, nor in its two directions, of one length", () => {
    const first = chain.epoch + 2;
    const all = [
      kept(first, "a", 1_900_000_000_123),
      kept(first, "b", 1_900_000_777_456),
      kept(first + 1, "a", 1_900_086_400_789),
      kept(first + 1, "b", 1_900_087_000_012),
    ];
    for (const [i, one] of all.entries()) {
      assert.equal(one.length, limits.recordBytes + 32);
      assert.equal(found({ host: ofText(body.host), at: ofText("203.0.113.7") }, [one]).length, 0);
      for (const other of all.slice(i + 1)) assert.equal(shares(one, other), false);
    }
    // A tag stays for its epoch: the same search sees that.
    assert.ok(shares(all[0] as Buffer, kept(first, "a", 1_900_000_999_000)));
  });
});
