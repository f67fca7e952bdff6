import assert from "node:assert/strict";
import { accountId, limits } from "../../../src/base/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { newContact } from "../../../src/messenger/model/contact.ts";
import { newPeer } from "../../../src/messenger/model/peer.ts";
import { ContactNames } from "../../../src/messenger/state/contact-names.ts";
import { seeded } from "../../scenario/chance.ts";

const crypto = nodeCrypto(seeded(1).bytes);

/** A contact with this name, noted. */
function add(names: ContactNames, name: string) {
  const account = accountId.from(crypto.random(32));
  const peer = newPeer(newContact(crypto, 0, { account, name, named: false, role: "a" }));
  names.set(peer);
  return peer;
}

describe("messenger/state/contact-names", () => {
  it("gives each of many accounts with one name another one", () => {
    const names = new ContactNames();
    const given = Array.from({ length: 70 }, () => {
      const name = names.free("bob", {});
      add(names, name);
      return name;
    });
    assert.deepEqual(given, ["bob", ...Array.from({ length: 69 }, (_, i) => `bob-${i + 2}`)]);
  });

  it("gives a free number where some were given up, within the length of a name", () => {
    const names = new ContactNames();
    const long = "x".repeat(limits.nameLength);
    const peers = Array.from({ length: 50 }, () => add(names, names.free(long, {})));
    for (const at of [3, 17, 30]) names.delete(peers[at] as (typeof peers)[0]);
    for (let i = 0; i < 20; i++) {
      const name = names.free(long, {});
      assert.equal(names.alike(name, {}), undefined);
      assert.ok([...name].length <= limits.nameLength);
      add(names, name);
    }
  });

  it("keeps a held name from others until it is released", () => {
    const names = new ContactNames();
    const peer = add(names, "anna");
    const release = names.hold(peer, { name: "bob" });
    assert.ok(names.taken("Bob", undefined));
    assert.ok(!names.taken("bob", peer));
    assert.equal(names.contact("anna"), peer);
    assert.throws(() => names.contact("bob"), { code: "contact-unknown" });
    release();
    assert.ok(!names.taken("bob", undefined));
    assert.ok(names.taken("anna", undefined));
  });
});
