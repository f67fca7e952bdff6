/**
 * Schedules shredding: replaced and deleted texts become unreadable on the disk soon, but not more
 * often than the disk can bear.
 */
import { limits } from "../../base/index.ts";
import type { MessengerPorts } from "../model/ports.ts";

export class ShredScheduler {
  readonly #ports: Pick<MessengerPorts, "store" | "clock" | "log">;
  #running: Promise<void> | undefined;
  /** Something was replaced since the last time. */
  #due = false;
  #cancel: (() => void) | undefined;

  constructor(ports: Pick<MessengerPorts, "store" | "clock" | "log">) {
    this.#ports = ports;
  }

  /** Call it after the batch that replaced or deleted something is on the disk. */
  soon(): void {
    this.#due = true;
    if (this.#running === undefined && this.#cancel === undefined) this.#run();
  }

  /** Does what is due, and sets no timer any more. */
  async stop(): Promise<void> {
    this.#clear();
    await this.#running;
    if (this.#due) await this.#shred();
    this.#clear();
  }

  #clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #run(): void {
    this.#running = this.#shred().finally(() => {
      this.#running = undefined;
      this.#cancel = this.#ports.clock.after(limits.shredPause, () => {
        this.#cancel = undefined;
        if (this.#due) this.#run();
      });
    });
  }

  async #shred(): Promise<void> {
    this.#due = false;
    try {
      await this.#ports.store.shred();
    } catch {
      // The disk fails: the next write reports it.
      this.#ports.log("shred-failed", {});
    }
  }
}
