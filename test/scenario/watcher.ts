import type { MessengerEvent } from "../../src/messenger/index.ts";
import type { StoreOp } from "../../src/ports/index.ts";
import type { Passed } from "./network.ts";
import type { SimNode } from "./world.ts";

/** Sees everything that nodes do, at the very moment. */
export interface Watcher {
  /** A node opens its disk. */
  opened(node: SimNode): void;
  /** The rows are on the disk now. */
  committed(node: SimNode, ops: readonly StoreOp[]): void;
  told(node: SimNode, event: MessengerEvent): void;
  /** A frame goes on the wire now. */
  sends(node: SimNode, passed: Passed): void;
  /** A record is about to be published under the tag. */
  publishes(node: SimNode, tag: Uint8Array): void;
}
