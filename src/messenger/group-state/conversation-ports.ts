/**
 * What the conversation of a group needs of its other parts: of its keys, which seal and open, and
 * of its links, which carry what was sealed. Neither knows what a message says.
 */
import type { GenerationId, MemberId, StreamId } from "../../group/index.ts";
import type { StoreOp } from "../../ports/index.ts";
import type { GroupAck } from "../../wire/index.ts";
import type { Group } from "./group.ts";

/** Changes of a batch that another part makes. */
export interface MoreChanges {
  /** Rows that are written in the same batch. */
  readonly ops: readonly StoreOp[];
  /** Takes the changes up in memory; called once they are on disk. */
  readonly apply: () => void;
}

/** A message of ours that was sealed. */
export interface SealedMessage extends MoreChanges {
  readonly bytes: Uint8Array;
  readonly stream: StreamId;
  /** Its place in the stream, from 1. */
  readonly seq: number;
  /** Records that are new with it, as they travel: a generation, a signing key. */
  readonly fresh: readonly Uint8Array[];
}

/** A record that was stored. */
export interface StoredRecord extends MoreChanges {
  /** As it travels: u8 kind ‖ bytes. */
  readonly record: Uint8Array;
}

/** The keys of a group. Each function requires the lock of the group. */
export interface GroupSealing {
  /**
   * Seals the next message of ours under the generation to use now; makes one where there is none.
   * @returns `undefined` where that is not possible yet: the message waits.
   */
  seal(group: Group, body: Uint8Array): Promise<SealedMessage | undefined>;
  /** The newest generation whose secrets this node has. */
  newestGeneration(group: Group): GenerationId | undefined;
  /**
   * Stores an acknowledgement of ours among the records of the group.
   * @returns `undefined` where none can be stored yet.
   */
  keepAck(group: Group, ack: GroupAck): StoredRecord | undefined;
}

/** The links of a group. */
export interface GroupSpreading {
  /** Sends a sealed message to linked members; one that is too long is only announced. */
  publish(group: Group, message: Uint8Array): void;
  /** Sends new records to linked members. */
  spread(group: Group, records: readonly Uint8Array[]): void;
}

/** A message of a member, verified and opened. */
export interface OpenedMessage {
  readonly author: MemberId;
  readonly stream: StreamId;
  /** Its place in the stream, from 1. */
  readonly seq: number;
  /** What was sealed: `decodeGroupBody`. */
  readonly body: Uint8Array;
  /** Whether the author's signing key is authenticated to this node. */
  readonly confirmed: boolean;
}
