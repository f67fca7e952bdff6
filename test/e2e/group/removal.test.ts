import assert from "node:assert/strict";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { openHome } from "../../../src/daemon/home/home.ts";
import { systemClock } from "../../../src/daemon/process/system-clock.ts";
import { silent, type Table } from "../../../src/ports/index.ts";
import { Testbed } from "../../chaos/testbed.ts";
import type { User } from "../../chaos/user.ts";
import {
  agree,
  befriend,
  CLUB,
  caughtUp,
  invited,
  names,
  owner,
  shows,
  standing,
  texts,
  together,
} from "./club.ts";

/** Where texts are kept, in any form, or could be by mistake. */
const tables: readonly Table[] = [
  ...(["message", "search", "search-part", "event", "early", "draft", "outbox"] as const),
  ...(["group", "group-op", "group-item", "group-key", "group-message"] as const),
];

/** All rows of the store of a user whose daemon does not run, decrypted. */
async function decrypted({ home }: User): Promise<Buffer> {
  const parts = { directory: home, crypto: nodeCrypto(), clock: systemClock, log: silent };
  const answers = { passphrase: async () => undefined, account: async () => undefined };
  const { store } = await openHome(parts, answers);
  const rows = await Promise.all(tables.map((table) => store.all(table)));
  await store.close();
  return Buffer.concat(rows.flat());
}

describe("a group of three daemons", function () {
  this.timeout(300_000);
  let testbed: Testbed;
  before(async () => {
    testbed = await Testbed.open();
  });
  after(() => testbed.close());

  it("goes on without the member that it removed, and without its founder", async () => {
    const [alice, bob, carol] = [testbed.user("alice"), testbed.user("bob"), testbed.user("carol")];
    const say = (user: User, text: string) => user.node.call("message.send", { who: CLUB, text });
    const joins = async (user: User) => {
      await invited([user]);
      await user.node.call("group.join", { group: "Club" });
    };
    await befriend([alice, bob, carol]);
    await alice.node.call("group.create", { name: "Club" });
    for (const { name: who } of [bob, carol])
      await alice.node.call("group.invite", { group: CLUB, who });
    for (const user of [bob, carol]) await joins(user);
    await together([alice, bob, carol]);

    const open = ["alice is here", "bob is here", "carol is here"];
    for (const user of [alice, bob, carol]) await say(user, `${user.name} is here`);
    await agree([alice, bob, carol], open);

    await alice.node.call("group.remove", { group: CLUB, member: "carol" });
    await shows(carol, "is removed", () => standing(carol), "removed");
    await shows(bob, "knows the removal", () => names(bob), ["alice", "bob"]);
    const hidden = ["alice without her", "bob without her"];
    for (const user of [alice, bob]) await say(user, `${user.name} without her`);
    await agree([alice, bob], [...open, ...hidden]);
    await caughtUp(carol, [alice, bob], "to you alone");
    assert.deepEqual((await texts(carol)).sort(), open);
    await assert.rejects(say(carol, "too late"), { code: "group-ended" });

    await alice.node.call("group.leave", { group: CLUB });
    await shows(bob, "is alone", () => names(bob), ["bob"]);
    assert.equal(await owner(bob), "bob");
    await say(bob, "bob alone");
    await assert.rejects(say(alice, "too late"), { code: "group-ended" });

    await bob.node.call("group.invite", { group: CLUB, who: "carol" });
    await shows(
      carol,
      "is invited again",
      async () => (await carol.node.call("group.list", {})).invitations.length,
      1,
    );
    await carol.node.call("group.join", { group: "Club" });
    await together([bob, carol]);
    await say(bob, "welcome back");
    await say(carol, "thank you");
    const later = ["welcome back", "thank you"];
    await agree([bob], [...open, ...hidden, "bob alone", ...later]);
    await agree([carol], [...open, ...later]);
    await caughtUp(alice, [bob, carol], "to alice alone");
    await agree([alice], [...open, ...hidden]);

    await Promise.all([alice.stop(), carol.stop()]);
    const [hers, founders] = await Promise.all([decrypted(carol), decrypted(alice)]);
    for (const text of [...open, ...later]) assert.ok(hers.includes(text), text);
    for (const text of [...hidden, "bob alone"]) assert.ok(!hers.includes(text), text);
    for (const text of [...open, ...hidden]) assert.ok(founders.includes(text), text);
    for (const text of ["bob alone", ...later]) assert.ok(!founders.includes(text), text);
  });
});
