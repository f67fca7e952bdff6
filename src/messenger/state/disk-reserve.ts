/**
 * The reserve of free space on the disk. Below it no content is accepted from contacts, so that the
 * disk does not become full: their messages are treated as if they had been lost on the way, and
 * wait at the senders. Acknowledgements and what the user does still use the reserve.
 */
import { limits } from "../../base/index.ts";
import type { Link } from "../model/peer.ts";
import type { DiskSpace, MessengerPorts } from "../model/ports.ts";

export class DiskReserve {
  readonly #ports: Pick<MessengerPorts, "clock" | "diskSpace" | "log">;
  /** Links on which content was not accepted: their peers send it again on the next link. */
  readonly #refused = new Set<Link>();
  #space: DiskSpace | undefined;
  #low = false;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #cancel = (): void => undefined;

  constructor(ports: Pick<MessengerPorts, "clock" | "diskSpace" | "log">) {
    this.#ports = ports;
  }

  /** Checks now and from then on regularly, so that senders do not wait longer than necessary. */
  async start(): Promise<void> {
    this.#cancel();
    this.#cancel = this.#ports.clock.after(limits.diskCheck, () => void this.start());
    await this.#check();
  }

  stop(): void {
    this.#cancel();
  }

  /** As of the last check; `free` is absent if it is not known. */
  get state(): { readonly low: boolean; readonly free?: number } {
    const free = this.#space?.free;
    return { low: this.#low, ...(free !== undefined && { free }) };
  }

  /** Whether content must not be accepted now. */
  async isLow(): Promise<boolean> {
    const age = Math.abs(this.#ports.clock.now() - this.#checkedAt);
    if (age >= limits.diskCheckBusy) await this.#check();
    return this.#low;
  }

  /** Notes that content was not accepted on a link, which is closed once there is space. */
  refused(link: Link): void {
    this.#refused.add(link);
  }

  /** Forgets a link that has ended. */
  ended(link: Link): void {
    this.#refused.delete(link);
  }

  async #check(): Promise<void> {
    const { clock, diskSpace, log } = this.#ports;
    this.#checkedAt = clock.now();
    this.#space = await diskSpace?.().catch(() => undefined);
    const before = this.#low;
    this.#low = this.#space !== undefined && isLow(this.#space, before);
    if (this.#low === before) return;
    log(this.#low ? "disk-low" : "disk-free");
    if (this.#low) return;
    for (const link of this.#refused) link.channel.abort();
    this.#refused.clear();
  }
}

/** Bytes that stay free: a tenth of a small disk. */
function reserveOf({ size }: DiskSpace): number {
  return Math.min(limits.diskReserve, size / 10);
}

/** @param before whether it was: then some more must be free, or the state would alternate. */
function isLow(space: DiskSpace, before: boolean): boolean {
  return space.free < reserveOf(space) * (before ? 1.25 : 1);
}
