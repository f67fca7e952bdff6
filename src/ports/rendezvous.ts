import type { Scope } from "./transport.ts";

/** A place where two people find each other by a tag that only they know. */
export interface Rendezvous {
  /**
   * Leaves a record under its tag for others to find.
   * @param tag 32 bytes. @param record `limits.recordBytes` bytes.
   * @param scope with `lan` on our own network alone; any place otherwise.
   * @param urgent whether somebody waits for it; asked whenever turns are given, and who waits
   * comes first.
   * @returns how many other nodes took it; 0 means that nobody can find it.
   */
  publish(
    tag: Uint8Array,
    record: Uint8Array,
    signal: AbortSignal,
    scope?: Scope,
    urgent?: () => boolean,
  ): Promise<number>;
  /**
   * Records found under a tag, each once, as they arrive. They are hints: the caller opens and
   * judges them.
   */
  lookup(
    tag: Uint8Array,
    signal: AbortSignal,
    scope?: Scope,
    urgent?: () => boolean,
  ): AsyncIterable<Uint8Array>;
  /** Nodes in the routing tables: 0 means that nobody can be asked. */
  peers(scope?: Scope): number;
  /** Told when a node appears that can be asked: a moment to publish and look up again. */
  onPeer(appeared: () => void): void;
}

/**
 * A place among strangers where only addresses can be left, in the clear, under a key that only two
 * people know. What is found there is a hint: anybody who keeps the key may have added to it, and
 * who answers has to prove who they are.
 */
export interface PublicRendezvous {
  /** Whether the person wants it to be used. */
  enabled(): boolean;
  /**
   * Leaves our addresses under a key.
   * @param key 32 bytes. @returns how many strangers took it; 0 means that nobody finds it.
   */
  publish(key: Uint8Array, signal: AbortSignal): Promise<number>;
  /**
   * Candidates found under a key, each once, as they arrive: addresses of one host, multiaddr texts
   * without /p2p.
   */
  lookup(key: Uint8Array, signal: AbortSignal): AsyncIterable<readonly string[]>;
  /** Told when the person turns it on or off. */
  onToggle(turned: () => void): void;
}
