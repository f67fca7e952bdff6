/**
 * Emits events to listeners, after they were committed. A listener that throws does not affect
 * others.
 */
import type { Log } from "../../ports/index.ts";
import type { MessengerEvent } from "../model/messenger-api.ts";

export class EventBus {
  readonly #listeners = new Set<(event: MessengerEvent) => void>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  subscribe(listener: (event: MessengerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: MessengerEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch {
        this.#log("listener-failed", { type: event.type });
      }
    }
  }
}
