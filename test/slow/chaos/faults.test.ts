import assert from "node:assert/strict";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { checkStates, settle, tell } from "../../chaos/account.ts";
import { everybody } from "../../chaos/killing.ts";
import { Load } from "../../chaos/load.ts";
import { itWhere, noTracer } from "../../chaos/machine.ts";
import { Testbed } from "../../chaos/testbed.ts";
import { filesOf, type Sabotage, sabotage, through } from "../../chaos/tracer.ts";
import { pair, type User } from "../../chaos/user.ts";

const missing = noTracer();

describe("a disk that fails under a daemon", () => {
  let testbed: Testbed;
  let alice: User;
  let bob: User;
  before(async () => {
    testbed = await Testbed.open();
    alice = testbed.user("alice");
    bob = testbed.user("bob");
    await Promise.all([alice.start(), bob.start()]);
    await pair(alice, bob);
  });
  after(() => testbed.close());

  for (const [what, code, plan] of [
    ["the next fdatasync fails (EIO)", "store-write-failed", { call: "fdatasync", when: "1+" }],
    ["one fdatasync in the middle fails", "store-write-failed", { call: "fdatasync", when: "7" }],
    ["fdatasync says that the disk is full", "disk-full", { call: "fdatasync", error: "ENOSPC" }],
    ["a write to the log finds no space", "disk-full", { call: "write", error: "ENOSPC" }],
    ["a write to the log fails (EIO)", "store-write-failed", { call: "write", when: "5+" }],
  ] as const satisfies (readonly [string, string, Partial<Sabotage>])[])
    itWhere(
      missing,
      `stops it at once when ${what}: it says ${code}, and nothing acknowledged is missing afterwards`,
      async () => {
        const loads = everybody([alice, bob]);
        for (const load of loads) load.start();
        const tracer = await sabotage(alice, {
          ...{ error: "EIO", when: "3+", ...plan },
          ...(plan.call === "write" ? { paths: filesOf(alice.home).logs } : {}),
        });
        const ending = await alice.daemon?.ended;
        alice.client = undefined;
        // What was written by now is enough; an unanswered message of alice's is asked for again.
        const finished = Promise.all(loads.map((load) => load.finish()));
        if (tracer.exitCode === null) await once(tracer, "close");
        assert.equal(ending?.code, 1);
        assert.match(ending.err, new RegExp(`"store.failed","code":"${code}"`));
        assert.match(ending.err, code === "disk-full" ? /Free some space/ : /Check the disk/);
        await bob.until(
          "alice is seen to be gone",
          async () => !(await bob.contact("alice")).online,
        );
        // What alice shows to bob as delivered is on her disk, whatever became of the batch that
        // failed.
        await bob.stop();
        await aparts(alice, bob);
        await finished;
        for (const load of loads)
          for (const fault of load.faults.splice(0)) assert.equal(fault, code);
        const { messages, lost, duplicated } = await settle(loads);
        tell(`${messages} messages, ${lost} lost, ${duplicated} duplicated`);
      },
    );

  for (const [what, code, call, error] of [
    ["the directory cannot be synced", "store-write-failed", "fsync", "EIO"],
    ["CURRENT cannot be renamed", "store-write-failed", "rename", "EIO"],
    ["the manifest cannot be synced", "store-write-failed", "fdatasync", "EIO"],
    ["there is no space for a manifest", "disk-full", "openat", "ENOSPC"],
    ["the file system is read-only", "store-write-failed", "openat", "EROFS"],
    ["its files cannot be read", "store-write-failed", "read", "EIO"],
  ] as const)
    itWhere(
      missing,
      `does not start where ${what}: it says ${code} and harms nothing`,
      async () => {
        await alice.stop();
        const { place } = alice;
        // strace finds no rename by its path; at a start nothing but LevelDB renames anything.
        const { manifests } = filesOf(alice.home);
        const paths = call === "fsync" ? [`${alice.home}/db`] : call === "rename" ? [] : manifests;
        alice.place = { ...place, through: through({ call, error, when: "1+", paths }) };
        const { code: exit, err } = await alice.launch().ended;
        alice.place = place;
        assert.equal(exit, 1);
        assert.equal(JSON.parse(err.slice(err.indexOf("{"))).error.code, code);
        await alice.start();
        const load = new Load(alice, bob, "steady");
        load.start();
        await sleep(100);
        await load.finish();
        await settle([load]);
      },
    );
});

/** Starts both where they cannot find each other, compares, and lets them find each other again. */
async function aparts(...users: readonly User[]): Promise<void> {
  const places = users.map(({ place }) => place);
  await Promise.all(users.map((user) => user.start({ ...user.place, bootstrap: [] })));
  await checkStates(users);
  await Promise.all(users.map((user) => user.stop()));
  await Promise.all(users.map((user, i) => user.start(places[i])));
}
