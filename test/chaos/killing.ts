/** Kills daemons at random moments while users write, and starts them again. */
import { setTimeout as sleep } from "node:timers/promises";
import { checkStates } from "./account.ts";
import { Load } from "./load.ts";
import type { Testbed } from "./testbed.ts";
import type { User } from "./user.ts";

/** Up to this long a daemon lives, ms; short lives are more frequent. */
const LIFE = 1_500;
/** A start takes about half a second: a kill within this hits it in any state. */
const START = 700;

/** Chances. */
const WHILE_STARTING = 0.55;
const EVERYBODY = 0.12;
const LOOK_APART = 0.08;

/**
 * A busy machine kills more slowly: a run of a hundred ends after this long with fewer kills, and
 * says how many, ms.
 */
const LONGEST = 120_000;

/** Whether there is capacity and time for more kills. */
export function untilKilled(testbed: Testbed, kills: number): () => boolean {
  const until = testbed.kills + kills;
  const end = Date.now() + LONGEST * Math.max(1, kills / 100);
  return () => testbed.kills < until && Date.now() < end;
}

/** Kills one daemon, sometimes all, until there were as many kills. */
export async function massacre(testbed: Testbed, kills: number): Promise<void> {
  const { users } = testbed;
  const more = untilKilled(testbed, kills);
  while (more()) {
    await sleep(LIFE * Math.random() ** 2);
    if (Math.random() < LOOK_APART) await lookApart(users);
    else if (Math.random() < EVERYBODY) {
      await Promise.all(users.map((user) => user.kill()));
      await Promise.all(users.map(revive));
    } else {
      const victim = users[Math.floor(Math.random() * users.length)];
      if (victim === undefined) continue;
      await victim.kill();
      await revive(victim);
    }
  }
}

/** Starts a daemon again, which may be killed once more while it starts. */
export async function revive(user: User): Promise<void> {
  await sleep(200 * Math.random());
  while (Math.random() < WHILE_STARTING) {
    user.launch();
    await sleep(START * Math.random());
    await user.kill();
  }
  await user.start();
}

/**
 * All daemons die at once, and are examined where none can find another: what is shown as
 * delivered must be there.
 */
async function lookApart(users: readonly User[]): Promise<void> {
  await Promise.all(users.map((user) => user.kill()));
  const places = users.map(({ place }) => place);
  await Promise.all(users.map((user) => user.start({ ...user.place, bootstrap: [] })));
  await checkStates(users);
  await Promise.all(users.map((user) => user.kill()));
  await Promise.all(users.map((user, i) => user.start(places[i])));
}

/** All users write to all, in both ways. */
export function everybody(users: readonly User[]): Load[] {
  return users.flatMap((from) =>
    users
      .filter((to) => to !== from)
      .flatMap((to) => [new Load(from, to, "steady"), new Load(from, to, "bursty")]),
  );
}
