/** What the bench of groups asks of every system: one member that writes, and one that reads. */
type Awaitable<Value> = Value | Promise<Value>;

/** A sealed message is whatever the system's API gives; only the same system reads it. */
export interface GroupTalk {
  /** Seals the writer's next message. */
  seal(text: Uint8Array): Awaitable<unknown>;
  /** Opens the reader's next message; throws where that fails. */
  open(message: unknown): Awaitable<void>;
  /** Length of a message on the wire. */
  wireBytes(message: unknown): number;
  /** Frees what no garbage collector sees. */
  free?(): void;
}

export interface GroupPeer {
  readonly name: string;
  /** What its figures include, for a comparison. */
  readonly about: string;
  /** A group whose keys the reader has. */
  setup(): Awaitable<GroupTalk>;
}
