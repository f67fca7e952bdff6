import assert from "node:assert/strict";
import { toHex } from "../../src/base/index.ts";
import { type MemberId, memberId } from "../../src/group/ids.ts";
import { rendezvousSecret } from "../../src/group/keys.ts";
import {
  rendezvousRoot,
  rendezvousSecretAt,
  slotOf,
  slotsFor,
} from "../../src/group/rendezvous.ts";
import { crypto } from "./people.ts";

const secret = rendezvousSecret(new Uint8Array(32).fill(5));
const members = Array.from({ length: 400 }, (_, i): MemberId => {
  const id = new Uint8Array(16);
  id[0] = i >> 8;
  id[1] = i & 255;
  return memberId.from(id);
});

describe("group/rendezvous", () => {
  it("has a secret of its own in each epoch, none of them the root", () => {
    const all = [0, 1, 2, 20_000].map((epoch) => toHex(rendezvousSecretAt(crypto, secret, epoch)));
    const root = toHex(rendezvousRoot(crypto, secret));
    assert.equal(new Set([...all, root, toHex(secret)]).size, 6);
  });

  it("has 4 slots for up to 8 recipients, else 16", () => {
    assert.deepEqual([1, 8, 9, 1_000].map(slotsFor), [4, 4, 16, 16]);
  });

  it("puts members into every slot, none much more often, and moves them with the epoch", () => {
    const at = (epoch: number) => {
      const epochSecret = rendezvousSecretAt(crypto, secret, epoch);
      return members.map((member) => slotOf(crypto, epochSecret, member, 400));
    };
    const [today, tomorrow] = [at(1), at(2)];
    for (let slot = 0; slot < 16; slot++) {
      const held = today.filter((one) => one === slot).length;
      assert.ok(held > 8 && held < 50, `slot ${slot} has ${held}`);
    }
    assert.ok(today.filter((slot, i) => slot === tomorrow[i]).length < 60);
  });
});
