/** Bootstrap hosts of contacts, as the messenger and the daemon speak of them. */
import type { AccountId } from "../../base/index.ts";

/** What the messenger asks of whoever keeps our own list. */
export interface HostsPort {
  /** Hosts that the person named, or an invite: what contacts may be told, the best first. */
  own(): readonly string[];
  /** Whether a host that a contact named may be asked: none of our own, nothing private, nothing malformed. */
  mayAsk(address: string): boolean;
}

/** A host that a contact told us of. */
export interface LearnedHost {
  /** Multiaddr text with /p2p. */
  readonly address: string;
  readonly account: AccountId;
  /** What the contact is called here. */
  readonly name: string;
  /** When we were told, ms since 1970. */
  readonly at: number;
}

/** What becomes of hosts that contacts told us of. */
export interface HostBook {
  /** Those that may be asked when none of our own answers, at most `limits.learnedHosts`. */
  learnedHosts(): LearnedHost[];
  /** Forgets a host, and does not take it again from a contact until that one names others. @returns whether it was known. */
  forgetHost(address: string): Promise<boolean>;
  /** Notes that a host was asked; one that was silent for `limits.learnedSilence` is forgotten. */
  noteHost(address: string, answers: boolean): Promise<void>;
}
