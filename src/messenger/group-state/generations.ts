/** Making key generations, opening those of others, and replacing key packages after their use. */
import { wipe } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import {
  type Announced,
  depthOf,
  deriveRendezvous,
  envelopePlace,
  type GenerationSecret,
  generationOf,
  generationSecret,
  isPage,
  type MemberId,
  makeGeneration,
  memberId,
  newestHeads,
  newKeyPackage,
  type OpId,
  openEnvelope,
  type RendezvousSecret,
  recipientsOf,
  type SendingChain,
  signKeyPackage,
  startChain,
} from "../../group/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import {
  encodeGroupKeyPackage,
  encodeKeyAnnouncement,
  joinGroupRecord,
  type KeyAnnouncement,
} from "../../wire/index.ts";
import { authorOf, type Group } from "./group.ts";
import type { GroupsContext } from "./group-context.ts";
import {
  type Generation,
  type HeldPackage,
  type HeldRendezvous,
  newestPackage,
  putChain,
  putGeneration,
  putPackage,
  putRendezvous,
  shortId,
} from "./held-keys.ts";
import type { ItemRow } from "./held-records.ts";
import { endSurplus } from "./key-bounds.ts";

/** Our only device. */
export const SLOT = 0;

/** A change that is written with others in one batch, then taken up. */
export interface Change {
  readonly ops: readonly StoreOp[];
  /** Records that are new, for the other members. */
  readonly fresh?: readonly Uint8Array[];
  readonly apply: () => void;
}

/** A generation that this node has made, and what it is committed with. */
export interface Made {
  readonly announcement: KeyAnnouncement;
  /** @param announced as it is found in the log from now on. */
  finish(announced: Announced): Change & { readonly generation: Generation };
}

type Parts = Pick<GroupsContext, "crypto" | "clock">;

/**
 * Makes a generation for these members. It is kept once `finish` is committed.
 * @param within a removal that is about to be authored, or the log as it is.
 * @returns `undefined` while the key package of one of them is not here.
 */
export function makeFor(
  { crypto, clock }: Parts,
  group: Group,
  members: readonly MemberId[],
  within: "removal" | "log",
): Made | undefined {
  const { row, log, packages, records } = group;
  const others = members.filter((member) => member !== row.us);
  const recipients = others.flatMap((member) => {
    const found = packages.get(member);
    return found === undefined ? [] : [{ member, package: found.keys }];
  });
  if (recipients.length < others.length) return undefined;
  const us = authorOf(crypto, row);
  const heads: OpId[] = newestHeads(log);
  const made = makeGeneration(crypto, row.id, us, recipients, heads, within);
  wipe(us.key.seed);
  if (made === undefined) return undefined;
  const { announcement, pages, secret } = made;
  return {
    announcement,
    finish(announced) {
      const id = generationOf(crypto, announced);
      const since = clock.now();
      const derived = derive(crypto, group, id, generationSecret(secret), members);
      const { chains } = derived;
      const rendezvous: HeldRendezvous = { id, secret: derived.rendezvous, since };
      const generation: Generation = {
        ...announced,
        ...{ id, standing: "open", since, until: undefined, chains, own: undefined },
      };
      const over = endSurplus(group, generation);
      const kept = pages.map((bytes) => ({
        at: records.nextItem(),
        row: { kind: "page", bytes, since: clock.now() } satisfies ItemRow,
      }));
      return {
        generation,
        ops: [
          ...over.ops,
          ...putOpened(row.ref, generation),
          putRendezvous(row.ref, rendezvous),
          ...kept.map((each) => records.putItem(each.at, each.row)),
        ],
        apply: () => {
          over.apply();
          group.keys.generations.set(shortId(id), generation);
          group.keys.rendezvous.set(shortId(id), rendezvous);
          for (const { at, row: page } of kept) records.addItem(at, page);
        },
      };
    },
  };
}

/** A generation for all members now, announced by a record of its own. */
export function makeNow(
  context: Parts,
  group: Group,
): (Change & { readonly generation: Generation }) | undefined {
  const { row, state, records, log } = group;
  const made = makeFor(context, group, [...state.members.keys()], "log");
  if (made === undefined) return undefined;
  const announced: Announced = { group: row.id, announcement: made.announcement };
  const { generation, ops, apply } = made.finish(announced);
  const bytes = encodeKeyAnnouncement(made.announcement);
  const item: ItemRow = { kind: "announcement", bytes, depth: depthOf(log, announced) };
  const at = records.nextItem();
  return {
    generation,
    ops: [...ops, records.putItem(at, item)],
    fresh: [joinGroupRecord({ kind: "announcement", bytes })],
    apply: () => {
      apply();
      records.addItem(at, item);
    },
  };
}

/** The operations that write a generation that is open. */
function putOpened(ref: string, generation: Generation): StoreOp[] {
  const { id, chains } = generation;
  return [
    putGeneration(ref, generation),
    ...[...chains].map(([member, chain]) => putChain(ref, id, member, chain)),
  ];
}

/** Derives the chain of each recipient and the rendezvous secret, and erases the secret. */
function derive(
  crypto: CryptoProvider,
  { row }: Group,
  id: Generation["id"],
  secret: GenerationSecret,
  members: Iterable<MemberId>,
): { readonly chains: Map<MemberId, SendingChain>; readonly rendezvous: RendezvousSecret } {
  const chains = new Map<MemberId, SendingChain>();
  for (const member of members)
    chains.set(member, startChain(crypto, secret, row.id, id, member, SLOT));
  const rendezvous = deriveRendezvous(crypto, secret, row.id, id);
  wipe(secret);
  return { chains, rendezvous };
}

/** Hashes of the envelope pages that this node lacks: those with its own envelopes. */
export function lackingPages({ row, log, keys, records }: Group): Uint8Array[] {
  return [...keys.generations.values()]
    .filter(({ standing }) => standing === "announced")
    .reverse()
    .flatMap((generation) => {
      const page = ownPage(row.us, log, generation);
      const hash = page && generation.announcement.pages[page.page];
      return hash === undefined || records.hasPage(hash) ? [] : [hash];
    });
}

function ownPage(us: MemberId, log: Group["log"], generation: Generation) {
  const maker = generation.announcement.maker;
  const recipients = [...(recipientsOf(log, generation) ?? [])].filter(
    (member) => member !== memberId.from(maker),
  );
  return envelopePlace(recipients, us);
}

/** Opens generations whose envelope is in this page. @returns what is committed with the page. */
export function openGenerations({ crypto, clock }: Parts, group: Group, page: Uint8Array): Change {
  const { row, log, keys, records } = group;
  const ops: StoreOp[] = [];
  const fresh: Uint8Array[] = [];
  const applied: (() => void)[] = [];
  for (const generation of keys.generations.values()) {
    const place =
      generation.standing === "announced" ? ownPage(row.us, log, generation) : undefined;
    if (place === undefined || !isPage(crypto, generation, place.page, page)) continue;
    const opened = openWith(crypto, group, generation, page, place.index);
    const members = recipientsOf(log, generation) ?? [];
    const derived = opened && derive(crypto, group, generation.id, opened.secret, members);
    const next: Generation =
      derived === undefined
        ? { ...generation, standing: "broken" }
        : { ...generation, standing: "open", chains: derived.chains };
    ops.push(...putOpened(row.ref, next));
    if (derived !== undefined) {
      const { id } = generation;
      const held: HeldRendezvous = { id, secret: derived.rendezvous, since: clock.now() };
      ops.push(putRendezvous(row.ref, held));
      applied.push(() => keys.rendezvous.set(shortId(id), held));
    }
    applied.push(() => keys.generations.set(shortId(next.id), next));
    if (opened?.used === newestPackage(keys)?.number) {
      const renewed = renewPackage({ crypto, clock }, group);
      ops.push(...renewed.ops);
      fresh.push(...(renewed.fresh ?? []));
      applied.push(renewed.apply);
    }
  }
  if (ops.length > 0) {
    const at = records.nextItem();
    const item: ItemRow = { kind: "page", bytes: page.slice(), since: clock.now() };
    ops.push(records.putItem(at, item));
    applied.push(() => records.addItem(at, item));
  }
  return {
    ops,
    fresh,
    apply: () => {
      for (const apply of applied) apply();
    },
  };
}

/** Tries each kept key package, the newest first. */
function openWith(
  crypto: CryptoProvider,
  { row, keys }: Group,
  generation: Generation,
  page: Uint8Array,
  index: number,
): { readonly secret: GenerationSecret; readonly used: number } | undefined {
  for (const held of [...keys.packages.values()].sort((a, b) => b.number - a.number)) {
    const secret = openEnvelope(crypto, generation, page, index, row.us, held);
    if (secret !== undefined) return { secret: generationSecret(secret), used: held.number };
  }
  return undefined;
}

/**
 * Puts a new key package in the place of our newest one, which opens envelopes for 48 h more.
 * @param above a number that others know of ours.
 */
export function renewPackage({ crypto, clock }: Parts, group: Group, above = 0): Change {
  const { row, keys, records, packages } = group;
  const before = newestPackage(keys);
  const next: HeldPackage = newKeyPackage(crypto, 1 + Math.max(before?.number ?? 0, above));
  const us = authorOf(crypto, row);
  const signed = signKeyPackage(crypto, row.id, row.us, us.key, next);
  wipe(us.key.seed);
  const bytes = encodeGroupKeyPackage(signed);
  const item: ItemRow = { kind: "key-package", bytes, depth: 0 };
  const at = records.nextItem();
  const replaced = before && { ...before, replacedAt: clock.now() };
  const old = packages.get(row.us);
  return {
    ops: [
      putPackage(row.ref, next),
      records.putItem(at, item),
      ...(replaced ? [putPackage(row.ref, replaced)] : []),
      ...(old ? [records.dropItem(old.item)] : []),
    ],
    fresh: [joinGroupRecord({ kind: "key-package", bytes })],
    apply: () => {
      keys.packages.set(next.number, next);
      if (replaced) keys.packages.set(replaced.number, replaced);
      if (old) records.delete(records.idOf("key-package", encodeGroupKeyPackage(old.keys)));
      records.addItem(at, item);
      packages.set(row.us, { keys: signed, item: at });
    },
  };
}
