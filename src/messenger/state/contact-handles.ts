/** The handles of contacts: which each has, which are taken, and those of removed contacts. */
import { limits } from "../../base/index.ts";
import type { RowKey, Store, StoreOp } from "../../ports/index.ts";
import { provisionalHandle } from "../model/handle.ts";
import type { Peer } from "../model/peer.ts";
import { decodeRow, encodeRow, put, rowKey } from "../model/rows.ts";

/** The handle of a removed contact, which no other one gets for a while. */
interface Reserved {
  readonly handle: string;
  /** ms since 1970. */
  readonly until: number;
}

/** In a table whose replaced rows are shredded: a handle is nearly a name. */
const reservedKey: RowKey = rowKey("event", "handles");

export class ContactHandles {
  readonly #byHandle = new Map<string, Peer>();
  readonly #of = new Map<Peer, string>();
  #reserved: readonly Reserved[] = [];

  /** Reads the handles of removed contacts. @param now ms since 1970. */
  async load(store: Store, now: number): Promise<void> {
    const bytes = await store.get(reservedKey);
    const rows = bytes === undefined ? [] : decodeRow<Reserved[]>(bytes);
    this.#reserved = rows.filter(({ until }) => until > now);
  }

  /** Notes the handle that a contact has now; one without gets a provisional one. */
  set(peer: Peer): void {
    const { handle, account } = peer.contact;
    const before = this.#of.get(peer);
    if (before !== undefined && before === handle) return;
    this.delete(peer);
    const isTaken = (one: string): boolean => this.isTaken(one, peer);
    const now = handle ?? provisionalHandle(account, isTaken);
    this.#of.set(peer, now);
    this.#byHandle.set(now, peer);
  }

  delete(peer: Peer): void {
    const handle = this.#of.get(peer);
    if (handle !== undefined && this.#byHandle.get(handle) === peer) this.#byHandle.delete(handle);
    this.#of.delete(peer);
  }

  /** Keeps a handle for a contact whose row is about to be committed. */
  hold(peer: Peer, handle: string): () => void {
    if (this.#byHandle.has(handle)) return () => undefined;
    this.#byHandle.set(handle, peer);
    return () => {
      if (this.#of.get(peer) !== handle) this.#byHandle.delete(handle);
    };
  }

  of(peer: Peer): string {
    return this.#of.get(peer) ?? "";
  }

  find(handle: string): Peer | undefined {
    return this.#byHandle.get(handle);
  }

  /** Whether another contact has this handle, or had it until recently. */
  isTaken(handle: string, except: Peer | undefined): boolean {
    const owner = this.#byHandle.get(handle);
    return (
      (owner !== undefined && owner !== except) ||
      this.#reserved.some((one) => one.handle === handle)
    );
  }

  /**
   * The operations that reserve the handle of a contact which is removed in the same batch.
   * Requires the invite lock, as every removal does. @param now ms since 1970.
   */
  reserve({ contact: { handle } }: Peer, now: number): StoreOp[] {
    if (handle === undefined) return [];
    const fresh = { handle, until: now + limits.handleReserved };
    const open = this.#reserved.filter(({ until }) => until > now);
    this.#reserved = [...open, fresh].slice(-limits.reservedHandles);
    return [{ ...put(reservedKey, encodeRow(this.#reserved)), shreds: true }];
  }
}
