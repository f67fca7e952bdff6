/**
 * A program that follows a node through the log of events, and dies between reading and
 * acknowledging.
 */
import type { LoggedEvent, MessageState } from "../../src/messenger/index.ts";
import type { SimNode } from "./world.ts";

const NAME = "bot";

export class Bot {
  /** Messages that it was told of. */
  readonly told = new Set<string>();
  /** The last state that it was told of each. */
  readonly states = new Map<string, MessageState>();

  async follow(node: SimNode): Promise<void> {
    await node.messenger.follow(NAME, {});
  }

  /** Reads a page, `share` of a full one. */
  async read(node: SimNode, share: number, acknowledges: boolean): Promise<void> {
    const { events } = await node.messenger.readEvents(NAME, { limit: 1 + Math.floor(share * 20) });
    for (const event of events) this.#take(event);
    const last = events.at(-1);
    if (last !== undefined && acknowledges) await node.messenger.acknowledge(NAME, last.cursor);
  }

  async readAll(node: SimNode): Promise<void> {
    for (;;) {
      const { events, more } = await node.messenger.readEvents(NAME, { limit: 100 });
      for (const event of events) this.#take(event);
      const last = events.at(-1);
      if (last !== undefined) await node.messenger.acknowledge(NAME, last.cursor);
      if (!more) return;
    }
  }

  #take(event: LoggedEvent): void {
    if (event.type !== "message.new" && event.type !== "message.state") return;
    this.told.add(event.message.id);
    this.states.set(event.message.id, event.message.state);
  }
}
