/**
 * A messenger over a store, on a network that nobody is on: what is written is committed, and
 * waits.
 */
import { nodeCrypto } from "../../src/crypto/index.ts";
import { systemClock } from "../../src/daemon/process/system-clock.ts";
import { createMessenger, type Messenger } from "../../src/messenger/index.ts";
import { type Rendezvous, type Store, silent, type Transport } from "../../src/ports/index.ts";
import { type DiskStore, openStore } from "../../src/store/index.ts";

export const crypto = nodeCrypto();
export const clock = systemClock;

const nobody: Transport & Rendezvous = {
  host: "12D3KooWbench" as never,
  addresses: () => [],
  dial: () => Promise.reject(new Error("nobody")),
  onChannel: () => undefined,
  onAddresses: () => undefined,
  onOffer: () => undefined,
  publish: () => Promise.resolve(0),
  async *lookup() {},
  peers: () => 0,
  onPeer: () => undefined,
};

export function openStoreIn(directory: string): Promise<DiskStore> {
  return openStore({ directory, key: new Uint8Array(32).fill(1), crypto, log: silent });
}

export function messengerOver(store: Store): Promise<Messenger> {
  return createMessenger({
    crypto,
    store,
    transport: nobody,
    rendezvous: nobody,
    clock,
    log: silent,
  });
}
