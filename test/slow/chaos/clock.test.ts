import { setTimeout as sleep } from "node:timers/promises";
import { settle, tell } from "../../chaos/account.ts";
import { CLOCK_LAG, DAY, FakeClock, HOUR } from "../../chaos/clock.ts";
import { everybody } from "../../chaos/killing.ts";
import { itWhere, noFakeClock } from "../../chaos/machine.ts";
import { sizes } from "../../chaos/sizes.ts";
import { Testbed } from "../../chaos/testbed.ts";
import { pair, paired, type User } from "../../chaos/user.ts";
import { casesOf } from "../../support/share.ts";

const missing = noFakeClock();
const MINUTE = 60;

describe("clocks that are wrong", () => {
  let testbed: Testbed;
  let alice: User;
  let bob: User;
  let clock: FakeClock;
  beforeEach(async () => {
    testbed = await Testbed.open();
    alice = testbed.user("alice");
    clock = new FakeClock(testbed.program.home("clock"));
    bob = testbed.user("bob", { env: clock.env });
  });
  afterEach(() => testbed.close());

  /** Everybody writes for a while, and everything arrives. */
  async function talk(during: () => Promise<void> = () => sleep(1_000)): Promise<string> {
    const loads = everybody([alice, bob]);
    for (const load of loads) load.start();
    await during();
    await Promise.all(loads.map((load) => load.finish()));
    const { messages, lost, duplicated } = await settle(loads);
    return `${messages} messages, ${lost} lost, ${duplicated} duplicated`;
  }

  for (const minutes of casesOf(8, -8))
    itWhere(missing, `by ${minutes} min are as good as right ones`, async () => {
      clock.set(minutes * MINUTE);
      await Promise.all([alice.start(), bob.start()]);
      await pair(alice, bob);
      await bob.kill();
      await bob.start();
      tell(await talk());
    });

  for (const hours of casesOf(-20, 20))
    itWhere(
      missing,
      `by ${hours} h let users pair by hints and talk by addresses they know, over restarts`,
      async () => {
        clock.set(hours * HOUR);
        await Promise.all([alice.start(), bob.start()]);
        const invite = { kind: "once", hints: true } as const;
        const { link } = await alice.node.call("invite.create", invite);
        await bob.node.call("contact.add", { link, as: "alice" });
        await paired(alice, bob);
        tell(await talk());
        await bob.kill();
        await bob.start();
        tell(await talk());
      },
    );

  for (const days of [...casesOf(-5, 5), 60])
    itWhere(
      missing,
      `by ${days} days keep what is written, call it waiting, and deliver it once they are right`,
      async () => {
        await Promise.all([alice.start(), bob.start()]);
        await pair(alice, bob);
        await bob.stop();
        clock.set(days * DAY);
        await bob.start();
        tell(
          await talk(async () => {
            await sleep(5_000);
            for (const [from, to] of [
              [alice, bob],
              [bob, alice],
            ] as const) {
              const states = (await from.history(to.name)).map(({ state }) => state);
              if (states.some((state) => state !== "queued" && state !== "received"))
                throw new Error(`${from.name} shows ${[...new Set(states)]}`);
            }
            await bob.stop();
            clock.set(0);
            await bob.start();
          }),
        );
      },
    );

  itWhere(
    missing,
    `that jump ${sizes.jumps} times while users write lose nothing, and let them find each other when they are right again`,
    async () => {
      await Promise.all([alice.start(), bob.start()]);
      await pair(alice, bob);
      const said = await talk(async () => {
        for (let i = 0; i < sizes.jumps; i++) {
          const [most = HOUR] = [[HOUR], [DAY], [20 * DAY]][i % 3] ?? [];
          clock.set(Math.round((2 * Math.random() - 1) * most));
          await sleep((CLOCK_LAG + 1.5 * Math.random()) * 1000);
          // A link that breaks now has to be made again under this clock.
          if (i % 4 === 3) {
            await alice.kill();
            await alice.start();
          } else if (i % 4 === 1) {
            await bob.kill();
            await bob.start();
          }
        }
        clock.set(0);
        await sleep(CLOCK_LAG * 1000);
        // Both have new ports: they can only be found by what is published.
        await alice.kill();
        await alice.start();
      });
      tell(said);
    },
  );
});
