/** Starts and stops a node: lock, key, store, network, messenger and socket, in this order. */
import { join } from "node:path";
import type { MethodName, Params, Paths, Result } from "../api/index.ts";
import { SottoError } from "../base/index.ts";
import { bestCrypto } from "../crypto/index.ts";
import { type Answers, makeHome } from "./home/home.ts";
import { lockHome } from "./home/lock-home.ts";
import { watchHome } from "./home/watch-home.ts";
import { createOptionalEndpoint } from "./http/optional-endpoint.ts";
import { openLockableNode } from "./node/lockable-node.ts";
import { type Cleanup, createCleanup } from "./process/cleanup.ts";
import { type ExitReason, reserveExitReason } from "./process/exit-reason.ts";
import { createLog } from "./process/log.ts";
import { systemClock } from "./process/system-clock.ts";
import { inProcessCaller } from "./rpc/dispatch.ts";
import { type LocalSocket, openSocket } from "./rpc/unix-socket.ts";
import { type Overrides, readConfig } from "./settings/config.ts";

export interface DaemonOptions {
  readonly paths: Paths;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly overrides: Overrides;
  readonly answers: Answers;
  /** Receives the lines of the log. */
  readonly writeLog: (line: string) => void;
  /**
   * Called when damage is found in the store while the node runs; it continues with what is intact.
   */
  readonly onDamage: (damage: SottoError) => void;
}

export interface Daemon {
  /** Whether this start created the account. */
  readonly fresh: boolean;
  /** Calls a method from inside the process. */
  call<Name extends MethodName>(method: Name, params: Params<Name>): Promise<Result<Name>>;
  /** Stops the node because of a fault: `stopped` rejects with it once everything is released. */
  fail(fault: SottoError): void;
  /** Stops the node and releases everything. Safe to call twice. */
  stop(): Promise<void>;
  /**
   * Resolves when the node has stopped, for whatever reason; rejects if releasing something failed,
   * and with the fault if one stopped it: `store-write-failed`, `disk-full`, `home-lost`, or the
   * one given to `fail`.
   */
  readonly stopped: Promise<void>;
}

/**
 * Starts a node. If a step fails, everything is released before the error is thrown. Throws
 * `node-already-running`, `no-account`, `config-invalid`, `address-invalid`, `port-in-use`,
 * `listen-failed`, and what `openHome` throws.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { paths, env, overrides } = options;
  const clock = systemClock;
  const cleanup = createCleanup();
  let finish: (ending: Promise<void>) => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let exitReason: ExitReason | undefined;
  const fail = (fault: SottoError) => finish(failing(fault, exitReason, cleanup));
  const stop = () => {
    finish(cleanup.all());
    return stopped;
  };
  // A rejection that no one awaits must not end the process.
  stopped.catch(() => undefined);
  try {
    // Compiles while the configuration is read.
    const loading = bestCrypto();
    const config = await readConfig(paths.config, env, overrides);
    const log = createLog(config.log, clock, options.writeLog);
    const crypto = await loading;
    await makeHome(paths.home);
    const lock = await lockHome(paths, crypto);
    cleanup.take(() => lock.release());
    const reserved = await reserveExitReason(paths.home).catch((error: unknown) => {
      throw new SottoError("store-write-failed", "The home directory cannot be written.", {
        cause: error,
      });
    });
    exitReason = reserved;
    cleanup.take(() => reserved.close());
    let socket: LocalSocket | undefined;
    const http = createOptionalEndpoint(config.httpPort, log);
    // The user is asked before anything slow.
    const node = await openLockableNode(
      {
        directory: paths.home,
        settings: paths.config,
        config,
        crypto,
        clock,
        log,
        onDamage: options.onDamage,
        http: http.state,
        offer(event) {
          socket?.offer(event);
          http.offer(event);
        },
        revoke(token) {
          socket?.revoke(token);
          http.revoke(token);
        },
        stateChanged(state) {
          socket?.changeState(state);
          http.changeState(state);
        },
        // The response is sent before the connection is closed.
        stop: () => void setImmediate(stop),
        fail: (fault) => void setImmediate(() => fail(fault)),
      },
      options.answers,
    );
    cleanup.take(() => node.close());
    const opened = await openSocket(paths, node.dispatch);
    socket = opened;
    cleanup.take(() => opened.close());
    await http.open({ socket: join(paths.home, "http.sock"), dispatch: node.dispatch, clock });
    cleanup.take(() => http.close());
    node.start();
    cleanup.take(watchHome({ lock, socket: opened, clock, log, lost: fail }));
    log("node.started", { ms: Math.round(performance.now()) });

    return {
      fresh: node.fresh,
      call: async (method, params) =>
        (await node.dispatch(method, params, inProcessCaller())) as never,
      fail,
      stop,
      stopped,
    };
  } catch (error) {
    // The first failure is reported; those while releasing follow from it.
    await cleanup.all().catch(() => undefined);
    throw error;
  }
}

/** Rejects with `fault` once everything is released. */
async function failing(
  fault: SottoError,
  exitReason: ExitReason | undefined,
  cleanup: Cleanup,
): Promise<never> {
  await exitReason?.write(fault);
  await cleanup.all().catch(() => undefined);
  throw fault;
}
