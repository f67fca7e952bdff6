import assert from "node:assert/strict";
import { settle, tell } from "../../chaos/account.ts";
import { SmallDisk } from "../../chaos/disk.ts";
import { everybody } from "../../chaos/killing.ts";
import { itWhere, noDisk } from "../../chaos/machine.ts";
import { Testbed } from "../../chaos/testbed.ts";
import { pair, type User } from "../../chaos/user.ts";

const missing = noDisk();
const FULL = "disk-full";
const SMALL = "4m";

describe("a small disk", () => {
  let testbed: Testbed;
  let alice: User;
  let bob: User;
  let disk: SmallDisk;
  beforeEach(async () => {
    testbed = await Testbed.open();
    alice = testbed.user("alice");
    bob = testbed.user("bob");
    disk = await SmallDisk.make(alice.home, SMALL);
    // The socket of a home inside the mount could not be seen from here.
    const env = { SOTTO_SOCKET: `${alice.home}.sock` };
    await alice.start({ ...alice.place, env, through: disk.through });
    await bob.start();
    await pair(alice, bob);
  });
  afterEach(async () => {
    await testbed.close();
    await disk.close();
  });

  /** Says why a daemon ended, as it said it. */
  const reason = (err: string) => JSON.parse(err.slice(err.lastIndexOf('{"error"'))).error;

  itWhere(
    missing,
    "that another program fills ends the daemon with what to do; with space it continues",
    async () => {
      const loads = everybody([alice, bob]);
      for (const load of loads) load.start();
      await alice.until("something was said", async () => (await alice.history("bob")).length > 20);
      disk.fill();
      const ending = await alice.daemon?.ended;
      alice.client = undefined;
      assert.equal(ending?.code, 1);
      assert.equal(reason(ending.err).code, FULL);
      assert.match(reason(ending.err).remedy, /^Free some space/);
      // There is no space yet.
      const again = await alice.launch().ended;
      assert.equal(again.code, 1);
      assert.equal(reason(again.err).code, FULL);
      disk.free();
      await alice.start();
      await Promise.all(loads.map((load) => load.finish()));
      for (const load of loads)
        for (const fault of load.faults.splice(0)) assert.equal(fault, FULL);
      const { messages, lost, duplicated } = await settle(loads);
      tell(`${messages} messages, ${lost} lost, ${duplicated} duplicated`);
    },
  );

  itWhere(
    missing,
    "is not filled by messages: they wait at the sender until there is space",
    async () => {
      disk.run('mount -o remount,size=64m "$0"; head -c 59m /dev/zero > "$0/filler"');
      const isLow = async () => (await alice.node.call("node.status", {})).disk.low;
      await alice.until("alice has noticed", isLow);
      const text = "x".repeat(20_000);
      const answered: string[] = [];
      for (let i = 0; i < 100; i++) {
        const params = { who: "alice", text: `${i} ${text}`, key: String(i) };
        const { message } = await bob.node.call("message.send", params);
        answered.push(message.id);
      }
      const mine = { who: "bob", text: "mine", wait: "delivered", timeout: 30_000 } as const;
      assert.equal((await alice.node.call("message.send", mine)).timedOut, false);
      const { waiting } = await bob.contact("alice");
      assert.equal(waiting, answered.length, "what is not accepted waits at the sender");
      disk.free();
      await bob.until("all is delivered", async () => (await bob.contact("alice")).waiting === 0);
      const there = (await alice.history("bob"))
        .filter(({ direction }) => direction === "in")
        .map(({ id }) => id);
      assert.deepEqual(there, answered);
      tell(`${answered.length} messages of 20 kB waited`);
    },
  );

  itWhere(
    missing,
    "that is read-only lets no daemon start, says so, and harms nothing",
    async () => {
      await alice.stop();
      disk.run('mount -o remount,ro "$0"');
      const { code, err } = await alice.launch().ended;
      assert.equal(code, 1);
      assert.equal(reason(err).code, "system-refused");
      disk.run('mount -o remount,rw "$0"');
      await alice.start();
      const loads = everybody([alice, bob]);
      for (const load of loads) load.start();
      await alice.until("something was said", async () => (await alice.history("bob")).length > 20);
      await Promise.all(loads.map((load) => load.finish()));
      await settle(loads);
    },
  );
});
