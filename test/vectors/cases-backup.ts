/** Cases of backups. */
import { accountId, concat, labels, u32, utf8 } from "../../src/base/index.ts";
import { nobleCrypto } from "../../src/crypto/index.ts";
import { backupHead, encodeBackup, joinBackup } from "../../src/wire/index.ts";
import { seeded } from "../ratchet/support.ts";
import type { Case } from "./chapters.ts";
import { written } from "./notation.ts";

const chance = seeded("vectors of backups");
const crypto = nobleCrypto(chance);
const [entropy, salt] = [chance(32), chance(32)];

const people = encodeBackup({
  madeAt: 1_800_000_000_000,
  name: "Ada",
  contacts: [
    {
      account: accountId.from(chance(32)),
      name: "Zoë 🙂",
      named: true,
      addedAt: 1_790_000_000_000,
      pairing: "confirmed",
      verified: true,
      blocked: false,
      changedAccount: undefined,
      role: "b",
      chain: { offset: 12_345_678, epoch: 20_833, root: chance(32) },
      device: chance(32),
      invite: undefined,
      addresses: ["/ip4/203.0.113.7/tcp/4001"],
    },
    {
      account: accountId.from(chance(32)),
      name: "b",
      named: false,
      addedAt: 0,
      pairing: "invited",
      verified: false,
      blocked: true,
      changedAccount: accountId.from(chance(32)),
      role: "b",
      chain: undefined,
      device: undefined,
      invite: { secret: chance(16), expiresAt: 1_800_086_400_000, claim: chance(32), renews: false },
      addresses: [],
    },
  ],
  invites: [
    {
      kind: "reusable",
      secret: chance(16),
      expiresAt: 1_800_086_400_000,
      claims: [
        {
          claim: chance(32),
          account: accountId.from(chance(32)),
          answer: "pending",
          at: 1_799_999_999_999,
        },
      ],
    },
  ],
  bootstrap: ["/ip4/203.0.113.9/tcp/4001/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5"],
});
const nobody = encodeBackup({ madeAt: 0, name: "a", contacts: [], invites: [], bootstrap: [] });
const textOf = (json: Uint8Array) => Buffer.from(json).toString("utf8");

/** A whole file around any body: what a reader has to take need not be padded. */
function around(body: Uint8Array): Uint8Array {
  const derived = (label: string, length: number) => crypto.hkdf(salt, entropy, utf8(label), length);
  const head = backupHead(body.length, salt, derived(labels.backupId, 16));
  return joinBackup(head, crypto.seal(derived(labels.backupSeal, 32), new Uint8Array(12), body, head));
}
const framed = (json: Uint8Array, zeros = 0) => concat(u32(json.length), json, new Uint8Array(zeros));
const flip = (bytes: Uint8Array, at: number) => bytes.with(at, (bytes[at] as number) ^ 1);
/** The same file under a checksum that fits. */
const summed = (file: Uint8Array) => joinBackup(file.slice(0, -4), new Uint8Array(0));

const small = around(framed(nobody));
const opens = (name: string, file: Uint8Array, expected: Case["expected"], words = entropy): Case => ({
  name,
  operation: "backup.open",
  given: { entropy: written(words), file: written(file) },
  ...(expected !== undefined && { expected }),
});
const damaged = { refused: "damaged" };

export const backupCases: readonly Case[] = [
  {
    name: "two people and an invite",
    operation: "backup.seal",
    given: { entropy: written(entropy), salt: written(salt), json: textOf(people) },
  },
  opens("two people and an invite", around(framed(people, 100)), { json: textOf(people) }),
  opens("nobody, without a zero behind it", small, { json: textOf(nobody) }),
  opens("the words of another account", small, { refused: "foreign" }, chance(32)),
  opens("another id under a checksum that fits", summed(flip(small, 45)), { refused: "foreign" }),
  opens("another salt under a checksum that fits", summed(flip(small, 13)), { refused: "foreign" }),
  opens("another body under a checksum that fits", summed(flip(small, 61)), damaged),
  opens("a byte that changed", flip(small, 70), damaged),
  opens("a checksum that changed", flip(small, small.length - 1), damaged),
  opens("a file that was cut", small.slice(0, -1), damaged),
  opens("a file that was cut in its head", small.slice(0, 40), damaged),
  opens("a byte behind the end", concat(small, new Uint8Array(1)), damaged),
  opens("version 0", summed(small.with(8, 0)), damaged),
  opens("version 2", summed(small.with(8, 2)), { refused: "newer" }),
  opens("version 2 that was damaged", small.with(8, 2), damaged),
  opens("another file", utf8("sotto:abc"), { refused: "malformed" }),
  opens("nothing", new Uint8Array(0), { refused: "malformed" }),
  opens("padding that is not zero", around(framed(nobody, 9).with(4 + nobody.length + 8, 1)), damaged),
  opens("a length beyond the body", around(concat(u32(nobody.length + 1), nobody)), damaged),
  opens("a body without a length", around(new Uint8Array(3)), damaged),
  opens("no JSON", around(framed(utf8("{"))), damaged),
  opens("no object", around(framed(utf8("[]"))), damaged),
];
