/** The groups of this node: loaded once, found by what a user types, and their locks. */
import { cutText, never, SottoError } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import {
  type Announced,
  type GroupId,
  generationOf,
  memberId,
  messageHash,
  place,
  readOp,
  replay,
  streamId,
} from "../../group/index.ts";
import type { Store, StoreOp } from "../../ports/index.ts";
import {
  decodeGroupAck,
  decodeGroupKeyPackage,
  decodeGroupMessage,
  decodeGroupSigningKey,
  decodeKeyAnnouncement,
} from "../../wire/index.ts";
import { nameKey } from "../model/name-keys.ts";
import type { GroupEntry } from "../model/peer.ts";
import { decodeRow, put, rowKey } from "../model/rows.ts";
import { type Context, withOwnerLock } from "../state/context.ts";
import { type GroupDirectory, requireGroup } from "../state/owners.ts";
import type { StoreEvent } from "../state/store-events.ts";
import { ackName } from "./acks.ts";
import { announcedIn, type Group, type GroupRow, newGroup } from "./group.ts";
import { generationNamed, type KeyRow, loadKeys, shortId } from "./held-keys.ts";
import type { ItemRow } from "./held-records.ts";
import { decodeSealed, type SealedRow } from "./sealed-rows.ts";

/** Characters of an alias before its number. */
const ALIAS = 56;
const NAMED = /^\s*group:/i;

export class GroupStore implements GroupDirectory {
  readonly #byId = new Map<GroupId, Group>();
  readonly #byRef = new Map<string, Group>();
  readonly #byAlias = new Map<string, Group>();
  /** Aliases of groups that are about to be committed. */
  readonly #held = new Set<string>();

  /** Reads all groups and replays their logs. Throws store-damaged. */
  static async load(crypto: CryptoProvider, store: Store): Promise<GroupStore> {
    const groups = new GroupStore();
    const [keys, sealed] = await rowsOfGroups(store);
    for (const bytes of await store.all("group"))
      groups.add(await loadGroup(crypto, store, decodeRow<GroupRow>(bytes), keys, sealed));
    return groups;
  }

  /** All groups, in the order in which this node joined them. */
  all(): Group[] {
    return [...this.#byId.values()].sort((a, b) => a.row.joinedAt - b.row.joinedAt);
  }

  byId(id: GroupId): Group | undefined {
    return this.#byId.get(id);
  }

  byRef(ref: string): Group | undefined {
    return this.#byRef.get(ref);
  }

  named(name: string): Group | undefined {
    return this.#byId.get(name as GroupId) ?? this.#byAlias.get(nameKey(name));
  }

  /**
   * The group that a text means: its whole id (32 hex characters) or its alias, each with or
   * without `group:` before it. Throws group-unknown.
   */
  find(text: string): Group {
    return requireGroup(this.named(text.replace(NAMED, "").trim()));
  }

  /**
   * A free alias for a group of this name, kept until `release` is called: a name that is in use
   * gets a number.
   */
  holdAlias(name: string): { readonly alias: string; readonly release: () => void } {
    const base = cutText(name, ALIAS);
    const isTaken = (key: string): boolean => this.#byAlias.has(key) || this.#held.has(key);
    let alias = base;
    for (let number = 2; isTaken(nameKey(alias)); number++) alias = `${base}-${number}`;
    const key = nameKey(alias);
    this.#held.add(key);
    return { alias, release: () => this.#held.delete(key) };
  }

  add(group: Group): void {
    this.#byId.set(group.row.id, group);
    this.#byRef.set(group.row.ref, group);
    this.#byAlias.set(nameKey(group.row.alias), group);
  }
}

/** Runs a job under the lock of a group; does nothing if the user has forgotten the group. */
export function withGroupLock<Result>(
  context: Pick<Context, "locks" | "stopping">,
  group: Group,
  job: () => Promise<Result>,
): Promise<Result | undefined> {
  return withOwnerLock(context, group, job);
}

/** Writes an operation of a group: its signed bytes, at its position in the order of arrival. */
export function putOp({ ref }: GroupRow, at: number, signed: Uint8Array): StoreOp {
  return put(rowKey("group-op", ref, at), signed);
}

/**
 * Commits a change of a group whose memory is ahead of the disk. If that fails, the group is read
 * again, so that nothing is in memory that is not on the disk. Requires the lock of the group.
 */
export async function commitOrReload(
  { crypto, store, eventLog }: Pick<Context, "crypto" | "store" | "eventLog">,
  group: Group,
  ops: readonly StoreOp[],
  events: readonly StoreEvent[],
): Promise<() => void> {
  try {
    return await eventLog.commit(ops, events);
  } catch (error) {
    const row = await store.get(rowKey("group", group.row.ref));
    if (row !== undefined) {
      const [keys, sealed] = await rowsOfGroups(store);
      Object.assign(group, await loadGroup(crypto, store, decodeRow<GroupRow>(row), keys, sealed));
    }
    throw error;
  }
}

/** Rows of all groups, by the refs of the groups. */
type RowsOf<Row> = ReadonlyMap<string, readonly Row[]>;

async function rowsOfGroups(store: Store): Promise<[RowsOf<KeyRow>, RowsOf<SealedRow>]> {
  const keys = (await store.all("group-key")).map((row) => decodeRow<KeyRow>(row));
  const sealed = (await store.all("group-message")).map(decodeSealed);
  return [byGroup(keys), byGroup(sealed)];
}

function byGroup<Row extends { readonly group: string }>(rows: readonly Row[]): RowsOf<Row> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const found = groups.get(row.group);
    if (found === undefined) groups.set(row.group, [row]);
    else found.push(row);
  }
  return groups;
}

async function loadGroup(
  crypto: CryptoProvider,
  store: Store,
  row: GroupRow,
  keys: RowsOf<KeyRow>,
  sealed: RowsOf<SealedRow>,
): Promise<Group> {
  const group = newGroup(crypto, row);
  const announced: Announced[] = [];
  for (const { at, value } of await store.list("outbox", row.ref))
    group.outbox.set(at, decodeRow<GroupEntry>(value));
  await group.streams.load(store, row.ref);
  for (const { at, value } of await store.list("group-op", row.ref)) {
    // Only operations that were verified are stored, each after its parents.
    const reading = readOp(crypto, row.id, group.log, value);
    if (reading.kind !== "op")
      throw new SottoError("store-damaged", "The membership log of a group cannot be read.");
    place(group.log, reading.op);
    group.records.addOp(reading.op, value, at);
    group.nextOp = at + 1;
    const carried = announcedIn(group, value, reading.op);
    if (carried !== undefined) announced.push(carried);
  }
  group.state = replay(group.log);
  const items = (await store.list("group-item", row.ref)).map(({ at, value }) => ({
    at,
    item: decodeRow<ItemRow>(value),
  }));
  for (const { at, item } of items) {
    group.records.addItem(at, item);
    const announcement = item.kind === "announcement" && decodeKeyAnnouncement(item.bytes);
    if (announcement) announced.push({ group: row.id, announcement });
  }
  const byShortId = new Map(announced.map((each) => [shortId(generationOf(crypto, each)), each]));
  loadKeys(group.keys, keys.get(row.ref) ?? [], byShortId);
  for (const { at, item } of items) takeUpItem(group, at, item);
  for (const each of sealed.get(row.ref) ?? []) {
    const parts = decodeGroupMessage(each.bytes);
    if (parts === undefined) continue;
    const { member, stream, seq, generation } = parts;
    const spot = {
      ...{ member: memberId.from(member), generation: shortId(generation) },
      ...{ stream: streamId.from(stream), seq },
    };
    const open = each.mk !== undefined || each.spent === true;
    group.sealed.set(spot, { hash: messageHash(crypto, each.bytes), open });
  }
  return group;
}

/** Takes up what an item states: it was verified before it was stored. */
function takeUpItem(group: Group, at: number, item: ItemRow): void {
  switch (item.kind) {
    case "page":
    case "announcement":
      return;
    case "key-package": {
      const keys = decodeGroupKeyPackage(item.bytes);
      if (keys) group.packages.set(memberId.from(keys.member), { keys, item: at });
      return;
    }
    case "signing-key": {
      const record = decodeGroupSigningKey(item.bytes);
      const generation = record && generationNamed(group.keys, record.generation);
      if (record === undefined || generation === undefined) return;
      const { member, stream, key } = record;
      const signer = {
        ...{ stream: streamId.from(stream), member: memberId.from(member) },
        ...{ generation: generation.id, key },
      };
      const before = group.signers.get(signer.stream);
      const confirmed = item.confirmed === true || before?.confirmed === true;
      group.signers.set(signer.stream, { ...signer, confirmed });
      return;
    }
    case "ack": {
      const ack = decodeGroupAck(item.bytes);
      const by = item.confirmed === true ? "maker" : "others";
      if (ack) group.acks.set(ackName(ack, by), { ack, item: at });
      return;
    }
    default:
      never(item);
  }
}
