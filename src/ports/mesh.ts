/** The mesh: live delivery of messages among the members of one group. */

/** The fate of data that a member sent: delivered and forwarded, dropped, or held against it. */
export type MeshVerdict = "accept" | "ignore" | "reject";

/** What the mesh asks of the group it works for. Both are called synchronously. */
export interface MeshEvents {
  /**
   * Judges data before it is forwarded, cheapest check first. `from` is the linked member that
   * sent it, as hex; data that this node published is not judged.
   */
  validate(data: Uint8Array, from: string): MeshVerdict;
  /** Takes data that was accepted, once. Opening it and writing to the disk come later. */
  deliver(data: Uint8Array, from: string): void;
  /** A linked member sent something that no honest member sends: its link is closed. */
  misbehaved(member: string): void;
}

/** Delivers data to all members of one group that are reachable over links of members. */
export interface Mesh {
  /** Joins a linked member, as hex. `send` returns whether the link accepted the RPC. */
  add(member: string, send: (rpc: Uint8Array) => boolean): void;
  /** Removes a member whose link closed. Does nothing for others. */
  remove(member: string): void;
  /** Takes an RPC that a joined member sent. Any bytes are bounded work and throw nothing. */
  take(member: string, rpc: Uint8Array): void;
  /**
   * Sends data to the group.
   * @returns to how many linked members it was handed.
   */
  publish(data: Uint8Array): number;
  /** Forgets all members and data. */
  stop(): void;
}
