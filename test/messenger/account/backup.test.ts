import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, errorTable, limits, SottoError } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { checkBackup, openBackup, sealBackup } from "../../../src/messenger/account/backup.ts";
import { checksum } from "../../../src/wire/crc32.ts";
import { type Backup, decodeBackup, encodeBackup } from "../../../src/wire/index.ts";
import { seeded } from "../../scenario/chance.ts";
import { backups } from "./backups.ts";

const crypto = nodeCrypto(seeded(7).bytes);
const entropy = crypto.random(32);
const nobody: Backup = { madeAt: 5, name: "ann", contacts: [], invites: [], bootstrap: [] };
const file = sealBackup(crypto, entropy, nobody);

const codeOf = (job: () => unknown): string => {
  try {
    job();
    return "none";
  } catch (error) {
    assert.ok(error instanceof SottoError, String(error));
    assert.notEqual(errorTable[error.code].class, "bug");
    return error.code;
  }
};
const opening = (bytes: Uint8Array, words = entropy) =>
  codeOf(() => openBackup(crypto, words, bytes));
/** A deliberate change: the checksum fits. */
const forged = (bytes: Uint8Array) => {
  const body = bytes.slice(0, -4);
  return concat(body, checksum(body));
};
const flipped = (bytes: Uint8Array, at: number, bit = 0) =>
  bytes.with(at, (bytes[at] as number) ^ (1 << bit));

describe("a backup", () => {
  it("gives back everything that was put into it", () => {
    fc.assert(
      fc.property(backups, (backup) => {
        assert.deepEqual(openBackup(crypto, entropy, sealBackup(crypto, entropy, backup)), backup);
      }),
      { numRuns: 60 },
    );
  });

  it("is refused as damaged for every byte that changes, before any words are asked for", () => {
    for (let at = 0; at < 80; at++)
      assert.match(
        codeOf(() => checkBackup(flipped(file, at, at % 8))),
        /^backup-(?:damaged|malformed|truncated)$/,
      );
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(7), (at, bit) => {
        const code = codeOf(() => checkBackup(flipped(file, at, bit)));
        assert.equal(code, at < 8 ? "backup-malformed" : "backup-damaged");
      }),
      { numRuns: 100 },
    );
  });

  it("is refused for every byte that is changed on purpose", () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(60), fc.nat(file.length - 5)), fc.nat(7), (at, bit) => {
        assert.match(opening(forged(flipped(file, at, bit))), /^backup-/);
      }),
      { numRuns: 150 },
    );
    // Version and length are bound to the seal, and so are salt and body.
    assert.equal(opening(forged(flipped(file, 8, 1))), "backup-newer");
    assert.equal(opening(forged(flipped(file, 20))), "backup-foreign");
    assert.equal(opening(forged(flipped(file, 50))), "backup-foreign");
    assert.equal(opening(forged(flipped(file, 100))), "backup-damaged");
  });

  it("that was truncated is reported as truncated, at any position, and one with bytes after it as damaged", () => {
    for (const length of [1, 7, 8, 9, 30, 60, 61, 62, 5000, file.length - 1]) {
      const error = codeOf(() => checkBackup(file.slice(0, length)));
      assert.equal(error, "backup-damaged", `${length}`);
      assert.throws(() => checkBackup(file.slice(0, length)), /The end of the backup is missing/);
    }
    assert.equal(
      codeOf(() => checkBackup(concat(file, new Uint8Array(1)))),
      "backup-damaged",
    );
  });

  it("is distinguished from other files", () => {
    for (const other of [new Uint8Array(0), new Uint8Array(20_000), Buffer.from("sotto:abc")])
      assert.equal(
        codeOf(() => checkBackup(other)),
        "backup-malformed",
      );
  });

  it("of a newer version says so, and so does its remedy", () => {
    const newer = forged(file.with(8, 2).slice(0, 3000));
    assert.equal(
      codeOf(() => checkBackup(newer)),
      "backup-newer",
    );
    assert.match(errorTable["backup-newer"].remedy, /Update Sotto/);
  });

  it("says when the words are those of another account", () => {
    assert.equal(opening(file, crypto.random(32)), "backup-foreign");
  });

  it("seals the same contacts differently each time, and shows none of the bytes of the recovery phrase", () => {
    const again = sealBackup(crypto, entropy, nobody);
    assert.notDeepEqual(again.slice(13, 61), file.slice(13, 61));
    assert.ok(!Buffer.from(again).includes(Buffer.from(entropy)));
  });

  it("has one size for up to some fifty contacts, and then sizes in steps of two", () => {
    const [one] = fc.sample(backups, { numRuns: 20, seed: 3 }).flatMap(({ contacts }) => contacts);
    assert.ok(one);
    const named = { name: "someone", handle: "someone", profileName: "someone" };
    const usual = { ...one, ...named, addresses: ["/ip4/203.0.113.7/tcp/4001"] };
    const sizes = [0, 1, 20, 60, 200].map((people) => {
      const contacts = Array.from({ length: people }, () => usual);
      return sealBackup(crypto, entropy, { ...nobody, contacts }).length - 61 - 16 - 4;
    });
    assert.deepEqual(sizes.slice(0, 3), [16_384, 16_384, 16_384]);
    for (const size of sizes) assert.equal(Math.log2(size) % 1, 0);
    assert.ok((sizes[4] as number) > 16_384);
  });

  it("passes over what a newer Sotto added, and refuses what is missing or of another form", () => {
    const json = JSON.parse(Buffer.from(encodeBackup(nobody)).toString());
    const decode = (value: unknown) => decodeBackup(Buffer.from(JSON.stringify(value)));
    assert.deepEqual(decode({ ...json, added: [1], __proto__: null }), nobody);
    for (const name of Object.keys(json)) {
      const { [name]: _, ...rest } = json;
      assert.equal(decode(rest), undefined, name);
      assert.equal(decode({ ...json, [name]: null }), undefined, name);
    }
    for (const madeAt of [-1, 0.5, 2 ** 53, "5"])
      assert.equal(decode({ ...json, madeAt }), undefined);
    for (const bad of [null, [], 1, "x"]) assert.equal(decode(bad), undefined);
    assert.equal(decodeBackup(Uint8Array.of(0xff)), undefined);
    assert.equal(decodeBackup(Buffer.from("[".repeat(100_000))), undefined);
  });

  it("with one person twice is refused", () => {
    const [first] = fc.sample(
      backups.filter(({ contacts }) => contacts.length > 0),
      { numRuns: 1, seed: 9 },
    );
    const contact = first?.contacts[0];
    assert.ok(contact);
    const bytes = encodeBackup({ ...nobody, contacts: [contact, { ...contact, name: "b" }] });
    assert.equal(decodeBackup(bytes), undefined);
  });

  it("reads nothing larger than the bound, whatever its head says", () => {
    const huge = file.slice();
    new DataView(huge.buffer).setUint32(9, limits.backupBytes + 1);
    assert.equal(
      codeOf(() => checkBackup(forged(huge))),
      "backup-damaged",
    );
  });
});
