/** A process in a namespace, and what to say to it. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { nameOf, type Spot } from "./lab.ts";

const program = fileURLToPath(new URL("./inside.ts", import.meta.url));

export class Child {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (reply: { value?: unknown; error?: string }) => void>();
  #next = 0;

  constructor(spot: Spot) {
    const args = ["netns", "exec", nameOf(spot), process.execPath, "--import", "tsx", program];
    this.#process = spawn("ip", args, { stdio: ["pipe", "pipe", "inherit"] });
    const { stdout } = this.#process;
    if (stdout === null) throw new Error("no output");
    createInterface({ input: stdout }).on("line", (line) => {
      const { id, ...reply } = JSON.parse(line) as { id: number };
      this.#waiting.get(id)?.(reply);
      this.#waiting.delete(id);
    });
    this.#process.on("exit", () => {
      for (const settle of this.#waiting.values()) settle({ error: "the process ended" });
    });
  }

  async say<Result>(what: string, more: object = {}): Promise<Result> {
    const id = this.#next++;
    const reply = new Promise<{ value?: unknown; error?: string }>((resolve) => {
      this.#waiting.set(id, resolve);
    });
    this.#process.stdin?.write(`${JSON.stringify({ id, do: what, ...more })}\n`);
    const { value, error } = await reply;
    if (error !== undefined) throw new Error(`${what}: ${error}`);
    return value as Result;
  }

  /** Ends the process; one that does not leave by itself is killed. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.stdin?.end();
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), 3_000);
    await gone;
    clearTimeout(timer);
  }
}
