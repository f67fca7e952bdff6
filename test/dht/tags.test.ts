import assert from "node:assert/strict";
import { toHex } from "../../src/base/index.ts";
import { nodeCrypto } from "../../src/crypto/index.ts";
import {
  epochOffset,
  inviteIdOf,
  inviteOffset,
  invitePsk,
  inviteSecretAt,
  linkKey,
  linkPsk,
  rendezvousKeys,
  secretAt,
  startChain,
} from "../../src/dht/index.ts";
import { crypto, NOW, root } from "./keys.ts";

const secret = Uint8Array.from({ length: 16 }, (_, i) => i);

/** The longest run of bytes at equal positions that two values share. */
function shared(a: Uint8Array, b: Uint8Array): number {
  let longest = 0;
  let run = 0;
  for (let i = 0; i < a.length; i++) {
    run = a[i] === b[i] ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

describe("dht/tags", () => {
  it("derives an independent tag and seal per epoch and direction or slot", () => {
    const slots = Array.from({ length: 16 }, (_, slot) => slot);
    const chain = startChain(crypto, root, NOW);
    const values: Uint8Array[] = [];
    for (let i = 0; i < 6; i++) {
      const epochSecret = secretAt(crypto, chain, chain.epoch + i) as Uint8Array;
      for (const direction of ["a", "b", ...slots] as const) {
        const { tag, seal, signing } = rendezvousKeys(crypto, epochSecret, direction);
        assert.deepEqual(tag, signing.public);
        values.push(tag, seal, signing.seed);
      }
      const key = linkKey(crypto, epochSecret);
      values.push(epochSecret, key, linkPsk(crypto, key));
    }
    for (const [i, a] of values.entries())
      for (const b of values.slice(i + 1)) assert.ok(shared(a, b) < 4, `${toHex(a)} ${toHex(b)}`);
  });

  it("derives the same on both sides, with either provider", () => {
    const node = nodeCrypto();
    const [a, b] = [rendezvousKeys(node, root, "b"), rendezvousKeys(crypto, root, "b")];
    assert.deepEqual(a.tag, b.tag);
    assert.deepEqual(a.seal, b.seal);
    assert.deepEqual(linkKey(node, root), linkKey(crypto, root));
  });

  it("derives tags that sign", () => {
    const { tag, signing } = rendezvousKeys(crypto, root, "a");
    const message = Uint8Array.of(1, 2, 3);
    assert.ok(crypto.verify(tag, message, crypto.sign(signing, message)));
  });

  it("leaves the epoch's secret unchanged", () => {
    const given = root.slice();
    rendezvousKeys(crypto, given, "a");
    linkKey(crypto, given);
    assert.deepEqual(given, root);
  });
});

describe("dht/invite", () => {
  it("derives independent secrets, PSK and id of an invite", () => {
    const values = [
      inviteSecretAt(crypto, secret, 0),
      inviteSecretAt(crypto, secret, 1),
      inviteSecretAt(crypto, secret, 20_000),
      invitePsk(crypto, secret),
    ];
    assert.equal(new Set(values.map(toHex)).size, 4);
    for (const value of values) assert.equal(value.length, 32);
    assert.equal(inviteIdOf(crypto, secret).length, 26);
  });

  it("derives an offset per secret that differs from a pair's of the same bytes", () => {
    const other = secret.map((byte) => byte + 1);
    assert.notEqual(inviteOffset(crypto, secret), inviteOffset(crypto, other));
    assert.notEqual(inviteOffset(crypto, secret), epochOffset(crypto, secret));
    assert.notEqual(inviteIdOf(crypto, secret), inviteIdOf(crypto, other));
  });

  it("accepts only secrets of 16 bytes, and leaves them unchanged", () => {
    const given = secret.slice();
    invitePsk(crypto, given);
    inviteSecretAt(crypto, given, 3);
    assert.deepEqual(given, secret);
    assert.throws(() => invitePsk(crypto, new Uint8Array(15)), RangeError);
    assert.throws(() => inviteSecretAt(crypto, root, 1), RangeError);
  });
});
