/**
 * Groups as the listener of a link sees them: the secrets by which a dialer proves that it is of a
 * group, and what takes over a channel after such a hello.
 */
import type { GenerationId, GroupId, RendezvousSecret } from "../../group/index.ts";
import type { HelloBody, HelloFrame } from "../../wire/index.ts";
import type { HelloKey } from "../model/epoch-keys.ts";
import type { HandshakeChannel } from "./handshake-channel.ts";
import type { LinkEndpoints } from "./hello.ts";

/** A rendezvous secret that this node keeps. */
export interface GroupSecret {
  readonly group: GroupId;
  /** The generation that it follows from. */
  readonly generation: GenerationId;
  /** The same object for as long as it is kept: the keys of an epoch are derived once. */
  readonly secret: RendezvousSecret;
}

/** A hello that was made with a key of a group, and the channel that it came on. */
export interface GroupGreeting {
  readonly channel: HandshakeChannel;
  readonly endpoints: LinkEndpoints;
  readonly hello: HelloFrame;
  /** Overwritten once the greeting is over. */
  readonly key: HelloKey;
  readonly body: HelloBody;
  readonly secret: GroupSecret;
}

export interface GroupCandidates {
  /** Grows with every change of what `secrets` yields. */
  readonly revision: number;
  /** Of all groups. */
  secrets(): Iterable<GroupSecret>;
  /**
   * Continues with a dialer after its hello of mode 3 or 4; never throws on what it sends.
   * @returns whether the channel is now a link; else it is closed, as for an unknown dialer.
   */
  accept(greeting: GroupGreeting): Promise<boolean>;
}

/** A node without groups. */
export const noGroups: GroupCandidates = {
  revision: 0,
  secrets: () => [],
  accept: () => Promise.resolve(false),
};
