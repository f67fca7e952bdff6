/** A node whose store is in memory, on the loopback interface: for tests of programs. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NodeState } from "../../api/index.ts";
import { SottoError, toHex } from "../../base/index.ts";
import { bestCrypto } from "../../crypto/index.ts";
import { createAccount } from "../../messenger/index.ts";
import { silent } from "../../ports/index.ts";
import { type DiskStore, memoryStore } from "../../store/index.ts";
import { systemClock } from "../process/system-clock.ts";
import { type RpcSession, type ServerConnection, serve } from "../rpc/connection.ts";
import type { Controls } from "../rpc/methods/method-types.ts";
import { readConfig } from "../settings/config.ts";
import { startRunningNode } from "./running-node.ts";
import { stateOf } from "./status.ts";

export interface MemoryNode {
  /** Serves the API on a connection, as the socket of a node does. */
  serve(connection: ServerConnection): void;
  /** Closes every connection and stops the node; nothing of it is left. */
  stop(): Promise<void>;
}

/**
 * Starts a node with a new account. It writes no file, asks no router, and is found by nobody who
 * was not given an invite with its addresses. Throws `name-invalid`.
 */
export async function startMemoryNode(name: string): Promise<MemoryNode> {
  const crypto = await bestCrypto();
  const clock = systemClock;
  // The only file would be the settings, if a method changed them.
  const directory = join(tmpdir(), `sotto-memory-${toHex(crypto.random(8))}`);
  const settings = join(directory, "config.json");
  const config = await readConfig(settings, {}, { listen: ["/ip4/127.0.0.1/tcp/0"], mdns: false });
  const store: DiskStore = {
    ...memoryStore(),
    rolledBack: false,
    damage: undefined,
    failed: new Promise(() => undefined),
    check: async () => ({ rows: 0, damaged: [] }),
  };
  await createAccount({ crypto, store, clock }, { name });
  const sessions = new Set<RpcSession>();
  const startedAt = clock.now();
  const state = (): NodeState =>
    stateOf({ startedAt, state: "open", protection: "key-file", home: directory });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      for (const session of sessions) session.end();
      await node.shutDown();
    })();
    return stopped;
  };
  const refuse = async (): Promise<never> => {
    throw new SottoError("lock-refused", "A node in memory has no store to lock or protect.");
  };
  const controls: Controls = {
    state,
    ...{ lock: refuse, unlock: async () => undefined, prove: async () => undefined },
    protect: refuse,
    stop: () => void setImmediate(stop),
  };
  const node = await startRunningNode(
    {
      directory,
      settings,
      config: { ...config, portMapping: false, publicDht: false },
      crypto,
      clock,
      log: silent,
      http: () => undefined,
      offer: (event) => {
        for (const session of sessions) session.offer(event);
      },
      revoke: (token) => {
        for (const session of sessions) session.revoke(token);
      },
      fail: () => void stop(),
    },
    { store },
    controls,
    state,
  );
  node.start();
  return {
    serve(connection) {
      const session = serve(connection, node.dispatch, () => sessions.delete(session));
      sessions.add(session);
    },
    stop,
  };
}
