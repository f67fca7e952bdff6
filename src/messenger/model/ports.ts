/** Everything that the messenger needs from outside, given once at its making. */
import type { AccountId } from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import type {
  Log,
  Rendezvous,
  Signpost,
  SteadyClock,
  Store,
  Transport,
} from "../../ports/index.ts";
import type { HostsPort } from "./part-host-book.ts";

export interface MessengerPorts {
  readonly crypto: CryptoProvider;
  readonly store: Store;
  readonly transport: Transport;
  readonly rendezvous: Rendezvous;
  /** The rendezvous of last resort, where there is one. */
  readonly signpost?: Signpost;
  readonly clock: SteadyClock;
  readonly log: Log;
  /** Whether receipts and typing are shared with contacts of whom the person said nothing; absent: they are. */
  readonly receipts?: boolean;
  /** Whether messages stay once they are delivered, or read; absent: they do. */
  readonly history?: boolean;
  /** Whether the node begins invisible; absent: it does not. */
  readonly invisible?: boolean;
  /** Whether it is kept when contacts were last linked; absent: it is not, and what was kept before is forgotten. */
  readonly lastSeen?: boolean;
  /** Accounts that may be linked with; absent: everybody who pairs. */
  readonly allow?: ReadonlySet<AccountId>;
  /** Tags that the node puts at least, decoys among them; absent: no decoys. */
  readonly decoys?: number;
  /** Our bootstrap hosts, where contacts are told of them and theirs are taken. */
  readonly hosts?: HostsPort;
  /** How long messages stay at most, ms; absent: for ever. */
  readonly retention?: number;
}
