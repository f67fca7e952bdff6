/** A node, put together: lock, key, store, network, messenger, socket, in this order, and back. */
import {
  type MethodName,
  type NodeStatus,
  type Params,
  type Paths,
  type Result,
  version,
} from "../api/index.ts";
import type { SottoError } from "../base/index.ts";
import { bestCrypto } from "../crypto/index.ts";
import { RecordValidator } from "../dht/index.ts";
import { createMessenger, type Messenger } from "../messenger/index.ts";
import { createNode, type SottoNode } from "../node/index.ts";
import { acquireLock } from "../store/index.ts";
import { systemClock } from "./clock.ts";
import { type Overrides, readConfig } from "./config.ts";
import { createDispatch } from "./dispatch.ts";
import { type Answers, makeHome, type OpenHome, openHome } from "./home.ts";
import { createLog } from "./log.ts";
import { createNetwork } from "./network.ts";
import { createReleases } from "./releases.ts";
import { openSocket } from "./socket.ts";

export interface DaemonOptions {
  readonly paths: Paths;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly overrides: Overrides;
  readonly answers: Answers;
  /** Takes lines of the log. */
  readonly writeLog: (line: string) => void;
}

export interface Daemon {
  /** The account was made by this start. */
  readonly fresh: boolean;
  /** Calls a method from inside the process. */
  call<Name extends MethodName>(method: Name, params: Params<Name>): Promise<Result<Name>>;
  /** Stops the node and gives everything back. Safe to call twice. */
  stop(): Promise<void>;
  /**
   * Resolves when the node has stopped, whoever asked for it; rejects where giving something back failed, and with the
   * store's fault (`store-write-failed`, `disk-full`) where that is why it stopped.
   */
  readonly stopped: Promise<void>;
}

/**
 * Starts a node. Whatever fails on the way, everything that was taken is given back before the error is thrown.
 * Throws `node-already-running`, `no-account`, `config-invalid`, `address-invalid`, `port-in-use`, `listen-failed`, and what
 * `openHome` throws.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { paths, env, overrides } = options;
  const clock = systemClock;
  const releases = createReleases();
  try {
    // Compiles beside the reading of the configuration.
    const loading = bestCrypto();
    const config = await readConfig(paths.config, env, overrides);
    const log = createLog(config.log, clock, options.writeLog);
    const crypto = await loading;
    await makeHome(paths.home);
    const lock = await acquireLock(paths.home);
    releases.take(() => lock.release());
    // The person's answers come before anything slow; then store and network start side by side.
    const opened = await openHome({ directory: paths.home, crypto, clock, log }, options.answers);
    const { store } = opened;
    releases.take(() => store.close());
    const node = await createNode({
      listen: config.listen,
      announce: [],
      bootstrap: config.bootstrap,
      mdns: config.mdns,
      privateWan: config.privateWan,
      validator: new RecordValidator(crypto.verify, clock.now),
      log,
      clock,
    });
    releases.take(() => node.stop());
    const messenger = await createMessenger({
      crypto,
      store,
      transport: node.transport,
      rendezvous: node.rendezvous,
      clock,
      log,
    });
    releases.take(() => messenger.stop());

    let finish: (ending: Promise<void>) => void = () => undefined;
    const stopped = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const stop = () => {
      finish(releases.all());
      return stopped;
    };
    // Fail-stop: what is on the disk is no longer known, so nobody is told any more that we are here to take messages.
    void store.failed.then((fault) => {
      log("store.failed", { code: fault.code });
      // The answer that tells of it goes out before the connection is closed.
      setImmediate(() => finish(failing(fault, releases.all())));
    });
    // Whoever waits for the end hears of it; a node that nobody waits for ends all the same.
    stopped.catch(() => undefined);
    const startedAt = clock.now();
    const dispatch = createDispatch({
      messenger,
      network: createNetwork(node, paths.config),
      clock,
      status: () =>
        statusOf({ messenger, node, opened, startedAt, home: paths.home, engine: crypto.engine }),
      // The answer goes out before the connection is closed.
      stop: () => void setImmediate(stop),
    });
    const socket = await openSocket(paths, dispatch);
    releases.take(() => socket.close());
    const unsubscribe = messenger.subscribe((event) => socket.offer(event));
    releases.take(unsubscribe);
    messenger.start();
    log("node.started", { ms: Math.round(performance.now()) });

    const inside = { signal: new AbortController().signal, subscribe: () => undefined };
    return {
      fresh: opened.fresh,
      call: async (method, params) => (await dispatch(method, params, inside)) as never,
      stop,
      stopped,
    };
  } catch (error) {
    // The first failure is the one to tell; what fails while giving back follows from it.
    await releases.all().catch(() => undefined);
    throw error;
  }
}

/** Ends in `fault` once everything is given back; what fails on the way follows from it. */
async function failing(fault: SottoError, ending: Promise<void>): Promise<never> {
  await ending.catch(() => undefined);
  throw fault;
}

interface StatusParts {
  readonly messenger: Messenger;
  readonly node: SottoNode;
  readonly opened: OpenHome;
  readonly startedAt: number;
  readonly home: string;
  readonly engine: string;
}

function statusOf({ messenger, node, opened, startedAt, home, engine }: StatusParts): NodeStatus {
  const contacts = messenger.contacts();
  const { host, addresses, ...net } = node.status();
  const sum = (count: "waiting" | "unread") =>
    contacts.reduce((total, contact) => total + contact[count], 0);
  return {
    version,
    pid: process.pid,
    startedAt,
    account: messenger.self(),
    host,
    addresses,
    net,
    contacts: {
      total: contacts.length,
      online: contacts.filter(({ online }) => online).length,
      requests: contacts.filter(({ pairing }) => pairing === "requested").length,
    },
    waiting: sum("waiting"),
    unread: sum("unread"),
    protection: opened.protection,
    home,
    engine,
  };
}
