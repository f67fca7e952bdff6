/** Everything that the messenger needs from outside, given once at its making. */
import type { CryptoProvider } from "../crypto/index.ts";
import type { Clock, Log, Rendezvous, Store, Transport } from "../ports/index.ts";

export interface MessengerPorts {
  readonly crypto: CryptoProvider;
  readonly store: Store;
  readonly transport: Transport;
  readonly rendezvous: Rendezvous;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether receipts and typing are shared with contacts of whom the person said nothing; absent: they are. */
  readonly receipts?: boolean;
}
