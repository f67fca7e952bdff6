/**
 * The keys of a group that this node holds: key packages, generations with their sending chains,
 * and its own streams. Each is one row of a table whose former values are shredded. A change is
 * written first (`put…`) and taken up in memory once it is on disk.
 */
import { toHex, wipe } from "../../base/index.ts";
import {
  type Announced,
  type GenerationId,
  type KeyPackageSecrets,
  type MemberId,
  type RendezvousSecret,
  type SendingChain,
  type StreamId,
  wipeKeyPackage,
} from "../../group/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import { drop, encodeRow, put, rowKey } from "../model/rows.ts";

/** A key package of ours. */
export interface HeldPackage extends KeyPackageSecrets {
  /** When another one took its place, ms since 1970. */
  readonly replacedAt?: number;
}

/**
 * What became of a generation here. announced: its envelope page is to come. open: its chains are
 * here. broken: our envelope does not open. foreign: this node is no recipient. ended: its chains
 * are erased, as too many or too old ones were here.
 */
export type GenerationStanding = "announced" | "open" | "broken" | "foreign" | "ended";

/** Our own stream in a generation. */
export interface OwnStream {
  /** Seed of its Ed25519 message signing key, 32 bytes. */
  readonly seed: Uint8Array;
  readonly stream: StreamId;
  /** The newest message of it, 0 before the first one, and its hash (32 bytes). */
  readonly seq: number;
  readonly previous: Uint8Array;
}

export interface Generation extends Announced {
  readonly id: GenerationId;
  standing: GenerationStanding;
  /** When this node first knew of it, ms since 1970. */
  readonly since: number;
  /** Until when it is used although it is worn; 0 where a member cannot open it. */
  until: number | undefined;
  readonly chains: Map<MemberId, SendingChain>;
  own: OwnStream | undefined;
}

/** By which members of a generation meet. */
export interface HeldRendezvous {
  readonly id: GenerationId;
  readonly secret: RendezvousSecret;
  /** When this node first had it, ms since 1970. */
  readonly since: number;
}

export interface HeldKeys {
  /** By number. */
  readonly packages: Map<number, HeldPackage>;
  /** By the first 16 bytes of their ids, as hex. */
  readonly generations: Map<string, Generation>;
  /** As generations are named. */
  readonly rendezvous: Map<string, HeldRendezvous>;
}

/** A row of the table, which names its group. */
export type KeyRow = { readonly group: string } & (
  | ({ readonly kind: "package" } & HeldPackage)
  | {
      readonly kind: "generation";
      readonly id: GenerationId;
      readonly standing: GenerationStanding;
      readonly since: number;
      readonly until?: number;
    }
  | {
      readonly kind: "chain";
      readonly id: GenerationId;
      readonly member: MemberId;
      readonly chain: SendingChain;
    }
  | ({ readonly kind: "own"; readonly id: GenerationId } & OwnStream)
  | ({ readonly kind: "rendezvous" } & HeldRendezvous)
);

export const noKeys = (): HeldKeys => ({
  ...{ packages: new Map(), generations: new Map(), rendezvous: new Map() },
});

/** How messages and records name a generation: the first 16 bytes of its id, as hex. */
export const shortId = (id: GenerationId | Uint8Array): string =>
  typeof id === "string" ? id.slice(0, 32) : toHex(id.subarray(0, 16));

/** The generation that a message or record names. @param id its first 16 bytes, or all 32. */
export function generationNamed({ generations }: HeldKeys, id: Uint8Array): Generation | undefined {
  const found = generations.get(shortId(id));
  return id.length === 16 || found?.id === toHex(id) ? found : undefined;
}

/** The operation that writes a key package of ours. */
export function putPackage(group: string, held: HeldPackage): StoreOp {
  const row: KeyRow = { kind: "package", group, ...held };
  return put(rowKey("group-key", `${group} package ${held.number}`), encodeRow(row));
}

export function dropPackage(group: string, { number }: HeldPackage): StoreOp {
  return drop(rowKey("group-key", `${group} package ${number}`));
}

export function putGeneration(group: string, generation: Generation): StoreOp {
  const { id, standing, since, until } = generation;
  const row: KeyRow = {
    ...{ kind: "generation", group, id, standing, since },
    ...(until !== undefined && { until }),
  };
  return put(rowKey("group-key", `${group} generation ${id}`), encodeRow(row));
}

/** The operation that writes the chain of a member in a generation. */
export function putChain(
  group: string,
  id: GenerationId,
  member: MemberId,
  chain: SendingChain,
): StoreOp {
  const row: KeyRow = { kind: "chain", group, id, member, chain };
  return put(rowKey("group-key", `${group} chain ${id} ${member}`), encodeRow(row));
}

export function putOwnStream(group: string, id: GenerationId, own: OwnStream): StoreOp {
  const row: KeyRow = { kind: "own", group, id, ...own };
  return put(rowKey("group-key", `${group} own ${id}`), encodeRow(row));
}

export function putRendezvous(group: string, held: HeldRendezvous): StoreOp {
  const row: KeyRow = { kind: "rendezvous", group, ...held };
  return put(rowKey("group-key", `${group} rendezvous ${held.id}`), encodeRow(row));
}

export function dropRendezvous(group: string, { id }: HeldRendezvous): StoreOp {
  return drop(rowKey("group-key", `${group} rendezvous ${id}`));
}

/** The operations that delete the chains of a generation, and our stream in it. */
export function dropGeneration(group: string, { id, chains }: Generation): StoreOp[] {
  return [
    drop(rowKey("group-key", `${group} generation ${id}`)),
    drop(rowKey("group-key", `${group} own ${id}`)),
    ...[...chains.keys()].map((member) =>
      drop(rowKey("group-key", `${group} chain ${id} ${member}`)),
    ),
  ];
}

/** Takes the rows of a group up, except for generations whose announcement is not known. */
export function loadKeys(
  keys: HeldKeys,
  rows: readonly KeyRow[],
  announced: ReadonlyMap<string, Announced>,
): void {
  for (const row of rows)
    if (row.kind === "generation") {
      const known = announced.get(shortId(row.id));
      if (known === undefined) continue;
      keys.generations.set(shortId(row.id), {
        ...known,
        ...{ id: row.id, standing: row.standing, since: row.since, until: row.until },
        ...{ chains: new Map(), own: undefined },
      });
    }
  for (const row of rows) {
    if (row.kind === "generation") continue;
    if (row.kind === "package") {
      const { kind: _, group: __, ...held } = row;
      keys.packages.set(held.number, held);
      continue;
    }
    if (row.kind === "rendezvous") {
      const { id, secret, since } = row;
      keys.rendezvous.set(shortId(id), { id, secret, since });
      continue;
    }
    const generation = keys.generations.get(shortId(row.id));
    if (generation === undefined) continue;
    if (row.kind === "chain") generation.chains.set(row.member, row.chain);
    else {
      const { seed, stream, seq, previous } = row;
      generation.own = { seed, stream, seq, previous };
    }
  }
}

/** Our newest key package. */
export function newestPackage({ packages }: HeldKeys): HeldPackage | undefined {
  return [...packages.values()].sort((a, b) => b.number - a.number)[0];
}

/** Overwrites everything in memory. */
export function wipeKeys({ packages, generations, rendezvous }: HeldKeys): void {
  for (const { secret } of rendezvous.values()) wipe(secret);
  for (const held of packages.values()) wipeKeyPackage(held);
  for (const generation of generations.values()) wipeGeneration(generation);
}

export function wipeGeneration({ chains, own }: Generation): void {
  for (const chain of chains.values()) wipeChain(chain);
  if (own !== undefined) wipe(own.seed);
}

export function wipeChain({ ck, skipped }: SendingChain): void {
  wipe(ck, ...skipped.map(({ mk }) => mk));
}
