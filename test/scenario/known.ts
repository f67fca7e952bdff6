/** What is known of each node, beyond what it knows itself: the ground on which laws judge. */
import type { MessageState } from "../../src/messenger/index.ts";
import type { Conversation, Disk } from "./disk.ts";
import type { SimNode, World } from "./world.ts";

/** What is known of one node, beyond what it knows itself. */
export interface Known {
  disk: Disk;
  /** Incoming messages that this node has shown. */
  readonly shown: Set<string>;
  /** States of its own messages that it has shown last. */
  readonly states: Map<string, MessageState>;
  /** Incoming messages that its user was shown, at most. */
  readonly read: Set<string>;
  /** The greatest number of arrival that was ever given. */
  arrived: number;
  /** Calls of markRead that are under way. */
  reading: number;
  /** Messages that were removed from its disk, such as expired ones. */
  readonly removed: Set<string>;
  /** What an older copy of the disk has cost. */
  readonly lost: Set<string>;
  rolledBack: boolean;
}

/** Whoever judges a node sees what all of them have, and says which law was broken. */
export interface Court {
  readonly world: World;
  /** Every message that was ever on its writer's disk, with every text that it had there. */
  readonly authored: Map<string, { readonly by: SimNode; readonly texts: Set<string> }>;
  /** What went on the wire last, by host and message, and by session and message. */
  readonly onWire: Map<string, Uint8Array>;
  of(node: SimNode): Known;
  /** The other side of a conversation, and what it keeps of it. */
  far(
    node: SimNode,
    kept: Conversation,
  ): (Known & { readonly conversation: Conversation | undefined }) | undefined;
  say(node: SimNode, law: string): void;
}
