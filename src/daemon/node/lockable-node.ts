/**
 * A node that can be locked: awake over an open store, or with nothing left but the way back. One
 * change at a time; a call that comes meanwhile finds the node locked.
 */
import type { NodeState } from "../../api/index.ts";
import { KeyedMutex, SottoError, wipe } from "../../base/index.ts";
import { changeProtection, type Protection, unlockKeyring } from "../../store/index.ts";
import { type Answers, openHome } from "../home/home.ts";
import { createIdleTimer } from "../process/idle-timer.ts";
import { createLockedDispatch, type Dispatch } from "../rpc/dispatch.ts";
import type { Controls } from "../rpc/methods/method-types.ts";
import { type RunningNode, type RunningNodeOptions, startRunningNode } from "./running-node.ts";
import { stateOf } from "./status.ts";

export interface LockableNodeOptions extends RunningNodeOptions {
  /** Ends the streams of events of all who listen: the node is being locked. */
  readonly endStreams: () => void;
  /** Begins to stop the node; returns at once. */
  readonly stop: () => void;
}

export interface LockableNode {
  /** The account was made by this opening. */
  readonly fresh: boolean;
  readonly dispatch: Dispatch;
  /** Publishes, dials and takes links from now on. */
  start(): void;
  /** Ends what lives, for good. */
  close(): Promise<void>;
}

/**
 * Calls that programs make by themselves, again and again: they keep no node from falling asleep.
 */
const POLLING_METHODS: ReadonlySet<string> = new Set(["node.state", "node.status", "event.read"]);

/** Opens the home and wakes the node. Throws what `openHome` and `wake` throw. */
export async function openLockableNode(
  parts: LockableNodeOptions,
  answers: Answers,
): Promise<LockableNode> {
  const { clock, crypto, directory, log } = parts;
  const startedAt = clock.now();
  const turns = new KeyedMutex<"gate">();
  const inTurn = <Result>(job: () => Promise<Result>): Promise<Result> => turns.run("gate", job);
  let awake: RunningNode | undefined;
  let closed = false;

  const opened = await openHome(parts, answers);
  let { protection } = opened;
  const state = (): NodeState =>
    stateOf({ startedAt, state: awake ? "open" : "locked", protection, home: directory });

  const controls: Controls = {
    state,
    lock: () =>
      inTurn(async () => {
        if (protection === "key-file")
          throw new SottoError(
            "lock-refused",
            "The database key is stored in a file without a passphrase, so locking " +
              "protects nothing.",
          );
        const resting = awake;
        awake = undefined;
        parts.endStreams();
        await resting?.rest();
        log("node.locked");
      }),
    unlock: (passphrase) =>
      inTurn(async () => {
        if (closed) throw new SottoError("store-closed", "The node is stopping.");
        if (awake) return;
        const given = { passphrase: async () => passphrase, account: async () => undefined };
        awake = await startRunningNode(parts, await openHome(parts, given), controls, state);
        awake.start();
        log("node.unlocked");
      }),
    prove: (passphrase) =>
      inTurn(async () => {
        if (protection === "passphrase") wipe(await unlockKeyring(directory, passphrase, crypto));
      }),
    protect: (current, next: Protection) =>
      inTurn(async () => {
        await changeProtection(directory, crypto, current, next);
        protection = next.kind;
      }),
    stop: parts.stop,
  };

  awake = await startRunningNode(parts, opened, controls, state);
  const locked = createLockedDispatch(controls);
  const idle = createIdleTimer(clock, parts.config.lockAfter, () => {
    if (awake) controls.lock().catch((error) => log("lock-failed", codeOf(error)));
  });
  return {
    fresh: opened.fresh,
    async dispatch(method, params, caller) {
      if (!POLLING_METHODS.has(method)) idle.touch();
      return (awake?.dispatch ?? locked)(method, params, caller);
    },
    start() {
      awake?.start();
      idle.touch();
    },
    close() {
      closed = true;
      idle.end();
      return inTurn(async () => {
        const resting = awake;
        awake = undefined;
        await resting?.rest();
      });
    },
  };
}

function codeOf(error: unknown): { readonly code: string } {
  return { code: error instanceof SottoError ? error.code : "internal" };
}
