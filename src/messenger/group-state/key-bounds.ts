/**
 * How many keys of a group a node keeps, and for how long. What was sealed under a generation that
 * ended is read by asking others for the keys of single messages.
 */
import { wipe } from "../../base/index.ts";
import {
  type Announced,
  type GenerationId,
  groupLimits,
  memberId,
  wipeKeyPackage,
} from "../../group/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import type { Group } from "./group.ts";
import type { GroupsContext } from "./group-context.ts";
import {
  dropGeneration,
  dropPackage,
  dropRendezvous,
  type Generation,
  putGeneration,
  shortId,
  wipeGeneration,
} from "./held-keys.ts";

/** A change that is written with others in one batch, then taken up. */
interface Change {
  readonly ops: readonly StoreOp[];
  readonly apply: () => void;
}

/** Whether a member has announced as many generations in a day as are taken of one. */
export function announcedToday({ keys }: Group, announced: Announced, now: number): boolean {
  const maker = makerOf(announced);
  const recent = [...keys.generations.values()].filter(
    (each) =>
      each.removal === undefined && now - each.since < 86_400_000 && makerOf(each) === maker,
  );
  return recent.length >= groupLimits.announcementsPerDay;
}

/**
 * Ends generations so that there is room for another one: the oldest of the member that made most,
 * so that nobody can end those of others.
 */
export function endSurplus(group: Group, added: Announced): Change {
  const live = [...group.keys.generations.values()].filter(isLive);
  const ended: Generation[] = [];
  while (live.length - ended.length >= groupLimits.generations) {
    const left = live.filter((each) => !ended.includes(each));
    const counts = new Map([[makerOf(added), 1]]);
    for (const each of left) counts.set(makerOf(each), (counts.get(makerOf(each)) ?? 0) + 1);
    const most = Math.max(...left.map((each) => counts.get(makerOf(each)) ?? 0));
    const [oldest] = left
      .filter((each) => counts.get(makerOf(each)) === most)
      .sort((a, b) => a.since - b.since);
    if (oldest === undefined) break;
    ended.push(oldest);
  }
  return endAll(group, ended);
}

/**
 * Erases what is older than it is kept: key packages that were replaced, and all generations and
 * rendezvous secrets but the newest. To be called at start and every hour.
 */
export function endExpired(context: Pick<GroupsContext, "clock">, group: Group): Change {
  const now = context.clock.now();
  const live = [...group.keys.generations.values()].filter(isLive);
  const newest: GenerationId | undefined = [...live].sort((a, b) => b.since - a.since)[0]?.id;
  const old = live.filter(
    ({ id, since }) => id !== newest && now - since >= groupLimits.generationKept,
  );
  const changes = [
    endAll(group, old),
    expiredPackages(context, group),
    expiredRendezvous(context, group),
  ];
  return {
    ops: changes.flatMap(({ ops }) => ops),
    apply: () => {
      for (const { apply } of changes) apply();
    },
  };
}

/** Key packages whose time is over. */
function expiredPackages({ clock }: Pick<GroupsContext, "clock">, { keys, row }: Group): Change {
  const now = clock.now();
  const over = [...keys.packages.values()].filter(
    ({ replacedAt }) => replacedAt !== undefined && now - replacedAt >= groupLimits.packageKept,
  );
  return {
    ops: over.map((held) => dropPackage(row.ref, held)),
    apply: () => {
      for (const held of over) {
        keys.packages.delete(held.number);
        wipeKeyPackage(held);
      }
    },
  };
}

/** Rendezvous secrets of generations that no member is to be met by any more. */
function expiredRendezvous({ clock }: Pick<GroupsContext, "clock">, { keys, row }: Group): Change {
  const now = clock.now();
  const newest = Math.max(...[...keys.rendezvous.values()].map(({ since }) => since));
  const over = [...keys.rendezvous.values()].filter(
    ({ since }) => since < newest && now - since >= groupLimits.rendezvousKept,
  );
  return {
    ops: over.map((held) => dropRendezvous(row.ref, held)),
    apply: () => {
      for (const held of over) {
        keys.rendezvous.delete(shortId(held.id));
        wipe(held.secret);
      }
    },
  };
}

/** Erases the chains of generations, and our streams in them. */
function endAll({ row }: Group, generations: readonly Generation[]): Change {
  return {
    ops: generations.flatMap((each) => [
      ...dropGeneration(row.ref, each),
      putGeneration(row.ref, { ...each, standing: "ended" }),
    ]),
    apply: () => {
      for (const each of generations) {
        wipeGeneration(each);
        each.chains.clear();
        each.own = undefined;
        each.standing = "ended";
      }
    },
  };
}

/** Whether keys of it are here, or are still to come. */
export const isLive = ({ standing }: Generation): boolean =>
  standing === "open" || standing === "announced" || standing === "broken";

const makerOf = ({ announcement }: Announced): string => memberId.from(announcement.maker);
