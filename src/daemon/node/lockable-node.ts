/**
 * A node that can be locked: either running over an open store, or locked, accepting only unlock,
 * status and stop. State changes run one at a time; calls during a change find the node locked.
 */
import type { NodeState } from "../../api/index.ts";
import { KeyedMutex, requirePassphrase, SottoError, wipe } from "../../base/index.ts";
import { changeProtection, type Protection, unlockKeyring } from "../../store/index.ts";
import { type Answers, openHome } from "../home/home.ts";
import { createIdleTimer } from "../process/idle-timer.ts";
import { createLockedDispatch, type Dispatch } from "../rpc/dispatch.ts";
import type { Controls } from "../rpc/methods/method-types.ts";
import { type RunningNode, type RunningNodeOptions, startRunningNode } from "./running-node.ts";
import { stateOf } from "./status.ts";

export interface LockableNodeOptions extends RunningNodeOptions {
  /**
   * Called when the node was locked or unlocked. `offer` is not called in between, and after an
   * unlock only once this has returned.
   */
  readonly stateChanged: (state: NodeState["state"]) => void;
  /** Starts to stop the node; returns at once. */
  readonly stop: () => void;
}

export interface LockableNode {
  /** The account was created by this opening. */
  readonly fresh: boolean;
  readonly dispatch: Dispatch;
  /** Starts to publish, dial and accept links. */
  start(): void;
  /** Stops the node for good. */
  close(): Promise<void>;
}

/** Methods that clients poll: they do not postpone the automatic lock. */
const POLLING_METHODS: ReadonlySet<string> = new Set(["node.state", "node.status", "event.read"]);

/** Opens the home and starts the node. Throws what `openHome` and `startRunningNode` throw. */
export async function openLockableNode(
  parts: LockableNodeOptions,
  answers: Answers,
): Promise<LockableNode> {
  const { clock, crypto, directory, log } = parts;
  const startedAt = clock.now();
  const mutex = new KeyedMutex<"node">();
  const withLock = <Result>(job: () => Promise<Result>): Promise<Result> => mutex.run("node", job);
  let running: RunningNode | undefined;
  let closed = false;

  const opened = await openHome(parts, answers);
  let { protection } = opened;
  const state = (): NodeState =>
    stateOf({ startedAt, state: running ? "open" : "locked", protection, home: directory });

  /** What a node that is being locked emits is for no client. */
  const opening: RunningNodeOptions = {
    ...parts,
    offer: (event) => {
      if (running !== undefined) parts.offer(event);
    },
  };

  const controls: Controls = {
    state,
    lock: () =>
      withLock(async () => {
        if (protection === "key-file")
          throw new SottoError(
            "lock-refused",
            "The database key is stored in a file without a passphrase, so locking " +
              "protects nothing.",
          );
        const stopping = running;
        running = undefined;
        parts.stateChanged("locked");
        await stopping?.shutDown();
        log("node.locked");
      }),
    unlock: (passphrase) =>
      withLock(async () => {
        if (closed) throw new SottoError("store-closed", "The node is stopping.");
        if (running) return;
        const given = { passphrase: async () => passphrase, account: async () => undefined };
        running = await startRunningNode(opening, await openHome(parts, given), controls, state);
        parts.stateChanged("open");
        running.start();
        log("node.unlocked");
      }),
    prove: (passphrase) =>
      withLock(async () => {
        if (protection === "passphrase") wipe(await unlockKeyring(directory, passphrase, crypto));
      }),
    protect: (current, next: Protection) =>
      withLock(async () => {
        if (next.kind === "passphrase") requirePassphrase(next.passphrase);
        await changeProtection(directory, crypto, current, next);
        protection = next.kind;
      }),
    stop: parts.stop,
  };

  running = await startRunningNode(opening, opened, controls, state);
  const locked = createLockedDispatch(controls);
  const idle = createIdleTimer(clock, parts.config.lockAfter, () => {
    if (running) controls.lock().catch((error) => log("lock-failed", codeOf(error)));
  });
  return {
    fresh: opened.fresh,
    async dispatch(method, params, caller) {
      if (!POLLING_METHODS.has(method)) idle.touch();
      return (running?.dispatch ?? locked)(method, params, caller);
    },
    start() {
      running?.start();
      idle.touch();
    },
    close() {
      closed = true;
      idle.end();
      return withLock(async () => {
        const stopping = running;
        running = undefined;
        await stopping?.shutDown();
      });
    },
  };
}

function codeOf(error: unknown): { readonly code: string } {
  return { code: error instanceof SottoError ? error.code : "internal" };
}
