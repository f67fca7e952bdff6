import assert from "node:assert/strict";
import { concat, type HostId, limits, u64 } from "../../src/base/index.ts";
import { nodeCrypto } from "../../src/crypto/index.ts";
import { newest, RecordValidator, rendezvousKeys, sealRecord } from "../../src/dht/index.ts";
import { crypto, keys, NOW, root } from "./keys.ts";

const body = { host: "12D3KooWtest" as HostId, addresses: ["/ip4/203.0.113.7/tcp/4001"] };
const at = (time: number) => sealRecord(crypto, keys, body, time);

/** A validator with a stopped clock, and the number of verified signatures. */
function validator(verify = crypto.verify) {
  const calls = { verify: 0 };
  const subject = new RecordValidator(
    (...args) => {
      calls.verify++;
      return verify(...args);
    },
    () => NOW,
  );
  const why = (bytes: Uint8Array, tag = keys.tag) => {
    const checked = subject.check(tag, bytes);
    return checked.kind === "valid" ? "valid" : checked.why;
  };
  return { subject, why, calls };
}

describe("dht/validate", () => {
  it("accepts a record under its tag repeatedly", () => {
    const { subject, why } = validator();
    assert.deepEqual(subject.check(keys.tag, at(NOW)), { kind: "valid", time: NOW });
    assert.equal(why(at(NOW)), "valid");
    assert.equal(subject.size, 1);
  });

  it("rejects an older record and accepts a newer one", () => {
    const { why } = validator();
    const [older, newer, newest] = [at(NOW - 2), at(NOW - 1), at(NOW)];
    assert.equal(why(newer), "valid");
    assert.equal(why(older), "rollback");
    assert.equal(why(newest), "valid");
    assert.equal(why(newer), "rollback");
    assert.equal(why(newest), "valid");
  });

  it("does not let a forged record from the future lock a tag", () => {
    const { why } = validator();
    const forged = at(NOW - 1);
    forged.set(u64(NOW + 1000), 33);
    assert.equal(why(forged), "signature");
    assert.equal(why(at(NOW - 1)), "valid");
  });

  it("verifies no signature if size, version, tag, time or an older time already fail", () => {
    const { why, calls } = validator();
    assert.equal(why(at(NOW)), "valid");
    const newer = at(NOW);
    newer[0] = 2;
    const other = rendezvousKeys(crypto, root, "b");
    const cases = [
      [at(NOW).subarray(1), "size"],
      [newer, "version"],
      [sealRecord(crypto, other, body, NOW), "tag"],
      [at(NOW - limits.recordAge - 1), "stale"],
      [at(NOW + limits.recordAhead + 1), "early"],
      [at(NOW - 1), "rollback"],
    ] as const;
    for (const [bytes, refusal] of cases) assert.equal(why(bytes), refusal);
    assert.equal(calls.verify, 1);
    assert.equal(why(at(NOW + limits.recordAhead)), "valid");
  });

  it("accepts a record of exactly the maximum age", () => {
    assert.equal(validator().why(at(NOW - limits.recordAge)), "valid");
  });

  it("rejects a record under another tag", () => {
    const other = rendezvousKeys(crypto, root, "b");
    assert.equal(validator().why(at(NOW), other.tag), "tag");
    assert.equal(validator().why(at(NOW), new Uint8Array(0)), "tag");
  });

  it("rejects a signature by another key", () => {
    const other = rendezvousKeys(crypto, root, "b");
    const forged = sealRecord(crypto, { ...other, tag: keys.tag }, body, NOW);
    assert.equal(validator().why(forged), "signature");
  });

  it("rejects a tag of small order, for which one signature fits every record", () => {
    const tags = [
      concat(Uint8Array.of(1), new Uint8Array(31)),
      new Uint8Array(32),
      concat(Uint8Array.of(0xec), new Uint8Array(30).fill(0xff), Uint8Array.of(0x7f)),
    ];
    for (const provider of [crypto, nodeCrypto()])
      for (const tag of tags) {
        const record = concat(
          Uint8Array.of(1),
          tag,
          u64(NOW),
          new Uint8Array(limits.recordBytes - 41),
        );
        record.set(concat(tags[0] as Uint8Array, new Uint8Array(32)), limits.recordBytes - 64);
        assert.equal(validator(provider.verify).why(record, tag), "signature");
      }
  });

  it("rejects a record with any byte changed and leaves its state unchanged", () => {
    const { subject, why } = validator();
    const record = at(NOW);
    for (let i = 0; i < record.length; i += 5) {
      const bent = record.slice();
      bent[i] = (bent[i] as number) ^ 0x10;
      assert.notEqual(why(bent), "valid", `byte ${i}`);
    }
    assert.equal(subject.size, 0);
  });

  it("remembers a limited number of tags, and forgets the one unseen for longest", () => {
    const { subject, why } = validator(() => true);
    const plain = (name: number, time: number) => {
      const tag = concat(u64(name), new Uint8Array(24));
      const rest = new Uint8Array(limits.recordBytes - 41);
      return { tag, bytes: concat(Uint8Array.of(1), tag, u64(time), rest) };
    };
    const put = (name: number, time: number) => {
      const { tag, bytes } = plain(name, time);
      return why(bytes, tag);
    };
    for (let name = 0; name < limits.validatorTags; name++) put(name, NOW);
    assert.equal(put(0, NOW), "valid");
    assert.equal(put(limits.validatorTags, NOW), "valid");
    assert.equal(subject.size, limits.validatorTags);
    assert.equal(put(0, NOW - 1), "rollback");
    assert.equal(put(2, NOW - 1), "rollback");
    assert.equal(put(1, NOW - 1), "valid");
  });
});

describe("dht/select", () => {
  it("selects the newest at any position", () => {
    const records = [at(NOW - 2), at(NOW), at(NOW - 1)];
    assert.equal(newest(records), 1);
    assert.equal(newest(records.slice(1)), 0);
    assert.equal(newest([...records].reverse()), 1);
    for (let best = 0; best < 5; best++) {
      const five = [0, 1, 2, 3, 4].map((i) => at(i === best ? NOW : NOW - 1));
      assert.equal(newest(five), best);
    }
  });

  it("selects the same of two with equal time, in either order", () => {
    const [a, b] = [at(NOW), at(NOW)] as const;
    assert.deepEqual([a, b][newest([a, b])], [b, a][newest([b, a])]);
  });

  it("prefers a record to malformed bytes, and never throws", () => {
    assert.equal(newest([]), 0);
    assert.equal(newest([new Uint8Array(0), at(NOW), new Uint8Array(900).fill(255)]), 1);
  });
});
