import assert from "node:assert/strict";
import { limits } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { epochOffset, nextBoundary, startChain } from "../../../src/dht/index.ts";
import { rendezvousRoot, rendezvousSecret } from "../../../src/group/index.ts";
import {
  acceptedHelloKeys,
  type EpochSecret,
  eraseRendezvous,
  outboundHelloKey,
  turnsAt,
} from "../../../src/messenger/model/epoch-keys.ts";
import { seeded } from "../../scenario/chance.ts";

describe("hello keys", () => {
  let derivations = 0;
  const real = nodeCrypto(seeded(1).bytes);
  const crypto: typeof real = {
    ...real,
    hkdf: (...args) => {
      derivations++;
      return real.hkdf(...args);
    },
  };
  const now = Date.UTC(2030, 0, 1, 12);
  const turnings: [string, EpochSecret][] = [
    ["a pair", { kind: "pair", chain: startChain(real, real.random(32), now) }],
    ["an invite", { kind: "invite", secret: real.random(16) }],
    ["a group", { kind: "group", secret: rendezvousSecret(real.random(32)) }],
  ];

  for (const [what, turning] of turnings) {
    it(`of ${what} are derived once an epoch, so that a stranger's hello costs little`, () => {
      const keys = acceptedHelloKeys(crypto, turning, now);
      assert.equal(keys.length, 3);
      derivations = 0;
      assert.deepEqual(acceptedHelloKeys(crypto, turning, now + 1000), keys);
      assert.equal(derivations, 0);
    });

    it(`of ${what} are those that a caller uses, today and on every later day`, () => {
      for (let day = 0; day < 5; day++) {
        const then = now + day * limits.epoch;
        const calling = outboundHelloKey(crypto, turning, then);
        assert.deepEqual(acceptedHelloKeys(crypto, turning, then)[0], calling);
        for (const skew of [-limits.epoch, limits.epoch])
          assert.ok(
            acceptedHelloKeys(crypto, turning, then + skew).some(
              ({ key }) => Buffer.compare(key, calling?.key ?? new Uint8Array()) === 0,
            ),
          );
      }
    });
  }

  it("of a group change at a time that follows from its secret", () => {
    const secret = rendezvousSecret(real.random(32));
    const offset = epochOffset(real, rendezvousRoot(real, secret));
    assert.equal(turnsAt(real, { kind: "group", secret }, now), nextBoundary(now, offset));
  });

  it("of a group are overwritten with their secret", () => {
    const secret = rendezvousSecret(real.random(32));
    const keys = acceptedHelloKeys(real, { kind: "group", secret }, now);
    eraseRendezvous(secret);
    for (const bytes of [secret, ...keys.flatMap(({ key, psk }) => [key, psk])])
      assert.deepEqual(bytes, new Uint8Array(32));
  });
});
