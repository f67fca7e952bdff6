/** Kills daemons at random moments while people write, and starts them again. */
import { setTimeout as sleep } from "node:timers/promises";
import { checkStates } from "./account.ts";
import { Load } from "./load.ts";
import type { Person } from "./person.ts";
import type { Room } from "./room.ts";

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

/** Whether there is room and time for more kills. */
export function untilKilled(room: Room, kills: number): () => boolean {
  const until = room.kills + kills;
  const end = Date.now() + LONGEST * Math.max(1, kills / 100);
  return () => room.kills < until && Date.now() < end;
}

/** Kills somebody, now and then everybody, until there were as many kills. */
export async function massacre(room: Room, kills: number): Promise<void> {
  const { people } = room;
  const more = untilKilled(room, kills);
  while (more()) {
    await sleep(LIFE * Math.random() ** 2);
    if (Math.random() < LOOK_APART) await lookApart(people);
    else if (Math.random() < EVERYBODY) {
      await Promise.all(people.map((person) => person.kill()));
      await Promise.all(people.map(revive));
    } else {
      const victim = people[Math.floor(Math.random() * people.length)];
      if (victim === undefined) continue;
      await victim.kill();
      await revive(victim);
    }
  }
}

/** Starts somebody again, who may be killed once more on the way up. */
export async function revive(person: Person): Promise<void> {
  await sleep(200 * Math.random());
  while (Math.random() < WHILE_STARTING) {
    person.launch();
    await sleep(START * Math.random());
    await person.kill();
  }
  await person.start();
}

/**
 * Everybody dies at once, and is looked at where nobody can find anybody: what is shown as
 * delivered must be there.
 */
async function lookApart(people: readonly Person[]): Promise<void> {
  await Promise.all(people.map((person) => person.kill()));
  const places = people.map(({ place }) => place);
  await Promise.all(people.map((person) => person.start({ ...person.place, bootstrap: [] })));
  await checkStates(people);
  await Promise.all(people.map((person) => person.kill()));
  await Promise.all(people.map((person, i) => person.start(places[i])));
}

/** Everybody writes to everybody, in both manners. */
export function everybody(people: readonly Person[]): Load[] {
  return people.flatMap((from) =>
    people
      .filter((to) => to !== from)
      .flatMap((to) => [new Load(from, to, "steady"), new Load(from, to, "bursty")]),
  );
}
