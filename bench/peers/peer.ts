/**
 * What the bench asks of every system that it measures: two ends of one conversation, in this
 * process.
 */

type Awaitable<Value> = Value | Promise<Value>;

/**
 * One end. A sealed message is whatever the system's API gives; only the same system looks into it.
 */
export interface Side {
  seal(text: Uint8Array): Awaitable<unknown>;
  /**
   * Opens messages in the order they were sealed, in the way that the API likes best. Throws where
   * one fails.
   */
  openAll(messages: readonly unknown[]): Awaitable<void>;
  /** Length of a message as it goes over the wire. */
  wireBytes(message: unknown): number;
  /** Length of the session in its stored form; absent where the API does not show it. */
  stateBytes?(): Awaitable<number>;
}

export interface Talk {
  readonly alice: Side;
  readonly bob: Side;
  /** Gives back what no garbage collector sees. */
  free?(): void;
}

export interface Peer {
  readonly name: string;
  /** What its figures include, for a comparison. */
  readonly about: string;
  /** New identities of two people, a session between them, and a message each way. */
  setup(): Awaitable<Talk>;
  /**
   * Sessions read from their stored form, all held at once; absent where the API has no such form.
   */
  many?(count: number): Awaitable<unknown>;
}

/** Copies of one stored session, each read into an object of its own. */
export function readMany<Session>(count: number, read: () => Session): Session[] {
  return Array.from({ length: count }, read);
}
