import assert from "node:assert/strict";
import { equal } from "../../../src/base/index.ts";
import { pair, User } from "../../e2e/user.ts";
import { createLab, until } from "../../node/support.ts";
import { Mesh } from "./mesh.ts";

const HONEST = 8;
/** More than a record is put to. */
const ATTACKERS = 25;
const ANYWHERE = "/ip4/127.0.0.1/tcp/0";

describe("two users whose tag's nearest hosts are all attackers", function () {
  this.timeout(120_000);
  const lab = createLab();
  const mesh = new Mesh(lab);
  before(() => mesh.addHonest(HONEST));
  after(() => lab.clear());

  it("are not separated while they know an address, and learn that nothing was found where they know none", async () => {
    const bootstrap = mesh.honest.slice(0, 3).flatMap((host) => host.getMultiaddrs().map(String));
    const user = async (name: string, listen: string[]): Promise<User> => {
      const made = await User.make(name, { bootstrap, listen });
      lab.later(() => made.end());
      return made;
    };
    const bob = await user("bob", [ANYWHERE]);
    // She can only dial, so that it is she who finds him.
    const alice = await user("alice", []);
    await pair(bob, alice);
    // Whoever is given a record sees its tag: first the invite's, by which she found him, then that
    // of the two.
    const putByBob = () => mesh.putsBy(bob.node.transport.host);
    await until(() => putByBob().length >= 2);
    const tag = putByBob()[1] as Uint8Array;
    await mesh.eclipse(tag, ATTACKERS);
    const moveTo = async (address: string): Promise<void> => {
      await alice.stop();
      await bob.stop();
      bob.options = { ...bob.options, listen: [address] };
      await bob.start();
      const taken = () => bob.messenger.health().records;
      await bob.until(
        "his records are put",
        () => taken().wanted > 0 && taken().held === taken().wanted,
      );
      // The attack is one: no honest host is given what he puts.
      assert.ok(putByBob().every((each) => !equal(each, tag)));
      mesh.forget();
      mesh.asked = 0;
      await alice.start();
    };

    const [address = ""] = bob.node.transport.addresses();
    await moveTo(address);
    await alice.until("linked", () => alice.messenger.contact("bob").online);
    const { link } = await alice.messenger.diagnose("bob");
    assert.deepEqual([link?.address, link?.outbound], [address, true]);

    await moveTo(ANYWHERE);
    await alice.until("a DHT peer is known", () => alice.node.rendezvous.peers() > 0);
    const { cause, dials, record } = await alice.messenger.diagnose("bob");
    assert.deepEqual([cause, record], ["no-record", undefined]);
    assert.deepEqual(
      dials.map((dial) => [dial.address, dial.from, dial.reached]),
      [[address, "last", false]],
    );
    assert.ok(mesh.asked > 0);
  });
});
