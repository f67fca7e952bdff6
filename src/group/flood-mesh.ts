/**
 * A mesh that floods: what is new goes to every linked member but the one that it came from. It
 * serves groups of up to 32 members, in which each is linked with most others.
 */
import { toHex } from "../base/index.ts";
import type { CryptoProvider } from "../crypto/index.ts";
import type { Mesh, MeshEvents } from "../ports/index.ts";
import { groupLimits } from "./limits.ts";

type Send = (rpc: Uint8Array) => boolean;

export class FloodMesh implements Mesh {
  readonly #crypto: CryptoProvider;
  readonly #events: MeshEvents;
  readonly #members = new Map<string, Send>();
  /** Ids of data that was seen: the newest ones, and those before them. */
  #seen = new Set<string>();
  #before = new Set<string>();

  constructor(crypto: CryptoProvider, events: MeshEvents) {
    this.#crypto = crypto;
    this.#events = events;
  }

  add(member: string, send: Send): void {
    this.#members.set(member, send);
  }

  remove(member: string): void {
    this.#members.delete(member);
  }

  take(member: string, rpc: Uint8Array): void {
    if (!this.#members.has(member)) return;
    if (rpc.length === 0 || rpc.length > groupLimits.meshData) {
      this.#events.misbehaved(member);
      return;
    }
    if (!this.#isNew(rpc)) return;
    switch (this.#events.validate(rpc, member)) {
      case "accept":
        this.#spread(rpc, member);
        this.#events.deliver(rpc, member);
        break;
      case "reject":
        this.#events.misbehaved(member);
        break;
      case "ignore":
        break;
    }
  }

  publish(data: Uint8Array): number {
    if (data.length === 0 || data.length > groupLimits.meshData)
      throw new RangeError("data of the mesh is too long");
    this.#isNew(data);
    return this.#spread(data);
  }

  stop(): void {
    this.#members.clear();
    this.#seen.clear();
    this.#before.clear();
  }

  #spread(rpc: Uint8Array, except?: string): number {
    let handed = 0;
    for (const [member, send] of [...this.#members]) if (member !== except && send(rpc)) handed++;
    return handed;
  }

  /** Whether data was not seen before; it is remembered. Its id is over all of its bytes. */
  #isNew(data: Uint8Array): boolean {
    const id = toHex(this.#crypto.sha256(data).subarray(0, 16));
    if (this.#seen.has(id) || this.#before.has(id)) return false;
    if (this.#seen.size >= groupLimits.meshIds) {
      this.#before = this.#seen;
      this.#seen = new Set();
    }
    this.#seen.add(id);
    return true;
  }
}
