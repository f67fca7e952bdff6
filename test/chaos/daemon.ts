/** One process of the real program, to be killed, stopped, traced or misled. */
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Program } from "../cli/built.ts";

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly err: string;
}

export interface Start {
  /**
   * Goes before the program: a tracer, another namespace. It must `exec`, or pass the ready line
   * on.
   */
  readonly through?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

const READY = 60_000;

export class Daemon {
  /** The first line that it said, once it is ready; `undefined` where it ended before. */
  readonly ready: Promise<Readonly<Record<string, unknown>> | undefined>;
  readonly ended: Promise<Ending>;
  /**
   * The process of the program itself, as it says; that which was started, before it has said so.
   */
  pid: number;
  err = "";
  alive = true;
  readonly #child: ChildProcess;

  constructor(program: Program, home: string, { through = [], env = {}, args }: Start) {
    const [command = "", ...rest] = [...through, process.execPath, program.bin, ...args];
    const child = spawn(command, rest, {
      env: { ...program.env(home), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.pid = child.pid ?? 0;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.err += text;
    });
    this.ended = new Promise((resolve) =>
      child.once("close", (code, signal) => {
        this.alive = false;
        resolve({ code, signal, err: this.err });
      }),
    );
    this.ready = new Promise((resolve) => {
      let said = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        if (said.includes("\n")) return;
        said += text;
        if (!said.includes("\n")) return;
        const first = JSON.parse(said.slice(0, said.indexOf("\n")));
        if (typeof first.pid === "number") this.pid = first.pid;
        resolve(first);
      });
      void this.ended.then(() => resolve(undefined));
    });
  }

  /** Waits until it is ready; whatever else happens fails the test. */
  async up(): Promise<Readonly<Record<string, unknown>>> {
    const late = new AbortController();
    const patience = sleep(READY, "late" as const, { signal: late.signal }).catch(() => undefined);
    const ready = await Promise.race([this.ready, patience]);
    late.abort();
    if (ready === undefined || ready === "late")
      throw new Error(`the node did not come up (${String(ready)}): ${this.err}`);
    return ready;
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.alive) return;
    try {
      process.kill(this.pid, signal);
    } catch {
      // It has just ended by itself.
    }
  }

  /**
   * Kills it without a word, and waits until it is gone. @returns whether it was the kill that
   * ended it.
   */
  async kill(): Promise<boolean> {
    if (!this.alive) return false;
    this.signal("SIGKILL");
    // Whoever was started around the program goes with it.
    if (this.pid !== this.#child.pid) this.#child.kill("SIGKILL");
    return (await this.ended).signal === "SIGKILL";
  }

  /** Ends it in order. */
  async stop(): Promise<Ending> {
    this.signal("SIGTERM");
    return this.ended;
  }
}
