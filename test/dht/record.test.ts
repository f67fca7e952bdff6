import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, type HostId, limits, u64, utf8 } from "../../src/base/index.ts";
import { nodeCrypto } from "../../src/crypto/index.ts";
import { openRecord, type RecordBody, rendezvousKeys, sealRecord } from "../../src/dht/index.ts";
import { BODY, signedPart } from "../../src/dht/record-layout.ts";
import { crypto, HOUR, keys, NOW, root } from "./keys.ts";

const HOST = "12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5" as HostId;
const body: RecordBody = { host: HOST, addresses: ["/ip4/203.0.113.7/tcp/4001"] };
const record = sealRecord(crypto, keys, body, NOW);
const why = (bytes: Uint8Array, now = NOW) => {
  const opened = openRecord(crypto, keys, bytes, now);
  return opened.kind === "refused" ? opened.why : "opened";
};
const kept = (addresses: readonly string[], host: HostId = HOST) => {
  const opened = openRecord(crypto, keys, sealRecord(crypto, keys, { host, addresses }, NOW), NOW);
  assert.ok(opened.kind === "opened");
  return opened.body.addresses;
};
/** An address of exactly `length` characters. */
const long = (length: number, letter = "a") => `/${letter.repeat(length - 1)}`;

/** A record with this plaintext, sealed with the right keys. */
function withPlain(plain: Uint8Array): Uint8Array {
  const head = concat(Uint8Array.of(1), keys.tag, u64(NOW));
  const nonce = new Uint8Array(24);
  const unsigned = concat(head, nonce, crypto.sealX(keys.seal, nonce, plain, head));
  return concat(
    unsigned,
    crypto.sign(keys.signing, signedPart(concat(unsigned, new Uint8Array(64)))),
  );
}

describe("dht/record", () => {
  it("opens what was sealed, with either provider", () => {
    assert.deepEqual(openRecord(nodeCrypto(), keys, record, NOW), {
      kind: "opened",
      body,
      time: NOW,
    });
  });

  it("has a constant size", () => {
    assert.equal(BODY, 367);
    for (const addresses of [[], body.addresses, Array(4).fill(long(77)), Array(9).fill(long(128))])
      assert.equal(
        sealRecord(crypto, keys, { host: HOST, addresses }, NOW).length,
        limits.recordBytes,
      );
  });

  it("is indistinguishable from earlier records each time", () => {
    const again = sealRecord(crypto, keys, body, NOW);
    const sealed = 1 + 32 + 8;
    const same = again.subarray(sealed).filter((byte, i) => byte === record[sealed + i]).length;
    assert.ok(same < 20, `${same} bytes alike`);
  });

  it("holds four addresses of 77 characters with a host of 52, and no longer ones", () => {
    const four = ["a", "b", "c", "d"].map((letter) => long(77, letter));
    assert.deepEqual(kept(four), four);
    assert.deepEqual(kept([...four.slice(0, 3), long(79)]), four.slice(0, 3));
    assert.deepEqual(kept([...four.slice(0, 3), long(78)]), [...four.slice(0, 3), long(78)]);
  });

  it("keeps the first addresses that fit, in order, at most four", () => {
    const short = ["/1", "/2", "/3", "/4", "/5"];
    assert.deepEqual(kept(short), short.slice(0, 4));
    assert.deepEqual(kept([long(129), "/1"]), ["/1"]);
    assert.deepEqual(kept([long(128), long(128, "b"), long(128, "c"), "/1"]), [
      long(128),
      long(128, "b"),
      "/1",
    ]);
    assert.deepEqual(kept(["no address", "", "/a b", "/é", "/1"]), ["/1"]);
  });

  it("rejects a wrong size, version and tag", () => {
    assert.equal(why(record.subarray(1)), "size");
    assert.equal(why(concat(record, new Uint8Array(1))), "size");
    assert.equal(why(new Uint8Array(0)), "size");
    const newer = record.slice();
    newer[0] = 2;
    assert.equal(why(newer), "version");
    const stranger = rendezvousKeys(crypto, root, "b");
    assert.equal(why(sealRecord(crypto, stranger, body, NOW)), "tag");
  });

  it("is valid from exactly two hours ago to ten minutes ahead", () => {
    assert.equal(limits.recordAge, 2 * HOUR);
    assert.equal(why(record, NOW + limits.recordAge), "opened");
    assert.equal(why(record, NOW + limits.recordAge + 1), "stale");
    assert.equal(why(record, NOW - limits.recordAhead), "opened");
    assert.equal(why(record, NOW - limits.recordAhead - 1), "early");
  });

  it("rejects an impossible time", () => {
    const bent = record.slice();
    bent.fill(0xff, 33, 41);
    assert.equal(why(bent), "early");
  });

  it("rejects a record with any byte changed", () => {
    for (let at = 0; at < record.length; at++) {
      const bent = record.slice();
      bent[at] = (bent[at] as number) ^ (1 << (at % 8));
      assert.notEqual(why(bent), "opened", `byte ${at}`);
    }
  });

  it("rejects another key, another time and a malformed body under a valid signature", () => {
    const seal = new Uint8Array(32);
    assert.equal(why(sealRecord(crypto, { ...keys, seal }, body, NOW)), "sealed");
    const moved = record.slice();
    moved.set(u64(NOW + 1), 33);
    moved.set(crypto.sign(keys.signing, signedPart(moved)), 448);
    assert.equal(why(moved), "sealed");
  });

  it("rejects a malformed body", () => {
    const plain = (...parts: (readonly number[] | Uint8Array)[]) => {
      const bytes = new Uint8Array(BODY);
      bytes.set(parts.flatMap((part) => [...part]));
      return bytes;
    };
    const host = [HOST.length, ...utf8(HOST)];
    const address = [2, 47, 49];
    assert.equal(why(withPlain(plain(host, [1], address))), "opened");
    for (const bad of [
      plain([0], [0]),
      plain([2, 47, 47], [0]),
      plain([65, ...new Array(65).fill(65)], [0]),
      plain([255, ...new Array(255).fill(65)], [0]),
      plain(host, [5], address, address, address, address, address),
      plain(host, [2], address),
      plain(host, [1], [1, 49]),
      plain(host, [1], [2, 47, 0]),
      plain(host, [1], address, [1]),
      plain(
        host,
        [3],
        [128, ...utf8(long(128))],
        [128, ...utf8(long(128))],
        [128, ...utf8(long(54))],
      ),
    ])
      assert.equal(why(withPlain(bad)), "body");
    const tail = plain(host, [0]);
    tail[BODY - 1] = 1;
    assert.equal(why(withPlain(tail)), "body");
  });

  it("decodes any body without throwing", () => {
    const any = fc.uint8Array({ minLength: BODY, maxLength: BODY });
    fc.assert(
      fc.property(any, (plain) => void why(withPlain(plain))),
      { numRuns: 30 },
    );
  });

  it("opens any bytes without throwing", () => {
    const near = fc
      .tuple(fc.nat(limits.recordBytes - 1), fc.uint8Array({ maxLength: 40 }))
      .map(([at, bytes]) => {
        const bent = concat(record, new Uint8Array(40));
        bent.set(bytes, at);
        return bent.subarray(0, limits.recordBytes);
      });
    fc.assert(
      fc.property(fc.oneof(near, fc.uint8Array({ maxLength: 600 })), (bytes) => void why(bytes)),
      { numRuns: 100 },
    );
  });

  it("rejects sealing for a host that is no PeerId", () => {
    for (const host of ["", "a/b", "a".repeat(65)])
      assert.throws(
        () => sealRecord(crypto, keys, { host: host as HostId, addresses: [] }, NOW),
        RangeError,
      );
  });
});
