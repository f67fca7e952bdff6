/** The ports of a node whose host changes: each call goes to the host of now. */
import type { Rendezvous, Transport } from "../ports/index.ts";
import type { Hosted } from "./host-services.ts";

/** What is set once, for every host of the node that is and will be. */
type Setters = Pick<Transport, "proxied" | "onChannel" | "onCall" | "onAddresses">;

export function transportOf(current: () => Hosted, setters: Setters): Transport {
  return {
    get host() {
      return current().transport.host;
    },
    addresses: (scope) => current().transport.addresses(scope),
    dial: (target, signal) => current().transport.dial(target, signal),
    ...setters,
  };
}

export function rendezvousOf(
  current: () => Hosted,
  onPeer: (appeared: () => void) => void,
): Rendezvous {
  return {
    publish: (...asked) => current().rendezvous.publish(...asked),
    lookup: (...asked) => current().rendezvous.lookup(...asked),
    peers: (scope) => current().rendezvous.peers(scope),
    onPeer,
  };
}
