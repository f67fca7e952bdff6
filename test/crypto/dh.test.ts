import assert from "node:assert/strict";
import { flip, littleEndian, P, providers } from "./support.ts";

/**
 * RFC 7748 §5 masks bit 255 and reduces; these are all u of low order, on the curve and the twist.
 */
const LOW_ORDER = [
  0n,
  1n,
  P - 1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
];

describe("X25519", () => {
  for (const crypto of providers) {
    describe(crypto.name, () => {
      const ours = crypto.dhGenerate();

      it("rejects every key of low order, in each encoding", () => {
        for (const u of LOW_ORDER)
          for (const spelling of [u, u + P])
            if (spelling < 2n ** 255n)
              for (const bytes of [littleEndian(spelling), flip(littleEndian(spelling), 31, 7)])
                assert.equal(crypto.dh(ours, bytes), undefined);
      });

      it("rejects a valid key in a non-canonical encoding: bit 255 set, or u + p", () => {
        const theirs = crypto.dhGenerate();
        assert.ok(crypto.dh(ours, theirs.public) !== undefined);
        assert.equal(crypto.dh(ours, flip(theirs.public, 31, 7)), undefined);
        // u = 9 is the base point, so p + 9 spells the key of the secret "1".
        assert.ok(crypto.dh(ours, littleEndian(9n)) !== undefined);
        assert.equal(crypto.dh(ours, littleEndian(P + 9n)), undefined);
        assert.equal(crypto.dh(ours, littleEndian(P)), undefined);
        assert.ok(crypto.dh(ours, littleEndian(P - 2n)) !== undefined);
      });

      it("rejects a key of any other length", () => {
        const { public: key } = crypto.dhGenerate();
        for (const wrong of [new Uint8Array(0), key.subarray(1), new Uint8Array(33).fill(9)])
          assert.equal(crypto.dh(ours, wrong), undefined);
      });

      it("identifies a key pair by its object, not by its bytes", () => {
        const theirs = crypto.dhGenerate();
        const shared = crypto.dh(ours, theirs.public);
        // As read back from the store, without any parsed form.
        const restored = { public: ours.public.slice(), secret: ours.secret.slice() };
        assert.deepEqual(crypto.dh(restored, theirs.public), shared);
        // Another secret under the same public bytes must not find the first one's parsed form.
        const crossed = { public: ours.public, secret: crypto.random(32) };
        assert.notDeepEqual(crypto.dh(crossed, theirs.public), shared);
        for (const other of providers) assert.deepEqual(other.dh(ours, theirs.public), shared);
      });
    });
  }
});
