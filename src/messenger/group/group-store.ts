/** The groups of this node: loaded once, found by what a user types, and their locks. */
import { cutText, SottoError } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import { type GroupId, place, readOp, replay } from "../../group/index.ts";
import type { Store, StoreOp } from "../../ports/index.ts";
import { nameKey } from "../model/name-keys.ts";
import type { GroupEntry } from "../model/peer.ts";
import { decodeRow, put, rowKey } from "../model/rows.ts";
import { type Context, withOwnerLock } from "../state/context.ts";
import { type GroupDirectory, requireGroup } from "../state/owners.ts";
import { type Group, type GroupRow, newGroup } from "./group.ts";

/** Characters of an alias before its number. */
const ALIAS = 56;
const NAMED = /^\s*group:/i;

/** What the use cases of groups work on. */
export interface GroupContext
  extends Pick<Context, "crypto" | "store" | "clock" | "identity" | "locks" | "stopping"> {
  readonly groups: GroupStore;
}

export class GroupStore implements GroupDirectory {
  readonly #byId = new Map<GroupId, Group>();
  readonly #byRef = new Map<string, Group>();
  readonly #byAlias = new Map<string, Group>();
  /** Aliases of groups that are about to be committed. */
  readonly #held = new Set<string>();

  /** Reads all groups and replays their logs. Throws store-damaged. */
  static async load(crypto: CryptoProvider, store: Store): Promise<GroupStore> {
    const groups = new GroupStore();
    for (const bytes of await store.all("group"))
      groups.add(await loadGroup(crypto, store, decodeRow<GroupRow>(bytes)));
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
  context: GroupContext,
  group: Group,
  job: () => Promise<Result>,
): Promise<Result | undefined> {
  return withOwnerLock(context, group, job);
}

/** Writes an operation of a group: its signed bytes, at its position in the order of arrival. */
export function putOp({ ref }: GroupRow, at: number, signed: Uint8Array): StoreOp {
  return put(rowKey("group-op", ref, at), signed);
}

async function loadGroup(crypto: CryptoProvider, store: Store, row: GroupRow): Promise<Group> {
  const group = newGroup(row);
  for (const { at, value } of await store.list("outbox", row.ref))
    group.outbox.set(at, decodeRow<GroupEntry>(value));
  await group.streams.load(store, row.ref);
  for (const { at, value } of await store.list("group-op", row.ref)) {
    // Only operations that were verified are stored, each after its parents.
    const reading = readOp(crypto, row.id, group.log, value);
    if (reading.kind !== "op")
      throw new SottoError("store-damaged", "The membership log of a group cannot be read.");
    place(group.log, reading.op);
    group.nextOp = at + 1;
  }
  group.state = replay(group.log);
  return group;
}
