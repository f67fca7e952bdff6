/** A place where two people find each other by a tag that only they know. */
export interface Rendezvous {
  /**
   * Leaves a record under its tag for others to find.
   * @param tag 32 bytes. @param record `limits.recordBytes` bytes.
   * @returns how many other nodes took it; 0 means that nobody can find it.
   */
  publish(tag: Uint8Array, record: Uint8Array, signal: AbortSignal): Promise<number>;
  /** Records found under a tag, each once, as they arrive. They are hints: the caller opens and judges them. */
  lookup(tag: Uint8Array, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Nodes in the routing tables: 0 means that nobody can be asked. */
  peers(): number;
  /** Told when a node appears that can be asked: a moment to publish and look up again. */
  onPeer(appeared: () => void): void;
}
