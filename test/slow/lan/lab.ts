/**
 * Machines on one link, which has no router and no internet: namespaces of this test alone, on a
 * bridge. Needs root and `ip`.
 */
import { execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { atProcessEnd } from "../../support/process-end.ts";

const prefix = `sottolan${process.pid}`;
const SWITCH = `${prefix}-switch`;
const program = fileURLToPath(new URL("./inside.ts", import.meta.url));

function ip(...args: readonly string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
}

/** Why there can be no such lab on this machine, or `undefined`. */
export function missing(): string | undefined {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid?.() !== 0) return "network namespaces need root";
  try {
    add(`${prefix}-try`);
    ip("-n", `${prefix}-try`, "link", "add", "br0", "type", "bridge");
    return undefined;
  } catch (error) {
    return `ip and the right to use it are needed (${error instanceof Error ? error.message.split("\n", 1).join() : "failed"})`;
  } finally {
    remove(`${prefix}-try`);
  }
}

/** Cancels the removal of each namespace at the end of the process. */
const cancels = new Map<string, () => void>();

function add(namespace: string): void {
  cancels.set(
    namespace,
    atProcessEnd(() => remove(namespace)),
  );
  ip("netns", "add", namespace);
}

function remove(namespace: string): void {
  cancels.get(namespace)?.();
  cancels.delete(namespace);
  try {
    ip("netns", "del", namespace);
  } catch {
    // It was not made.
  }
}

/** The link: a switch to which machines are plugged in. */
export function up(): void {
  add(SWITCH);
  ip("-n", SWITCH, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0");
  ip("-n", SWITCH, "link", "set", "br0", "up");
}

export function down(): void {
  remove(SWITCH);
}

/** A machine with a whole node on it. */
export class Machine {
  readonly name: string;
  readonly #namespace: string;
  readonly #plug: string;
  readonly #containers: string[] = [];
  readonly #child: ReturnType<typeof spawn>;
  readonly #waiting = new Map<number, (reply: { value?: unknown; error?: string }) => void>();
  #next = 0;

  /**
   * @param four its IPv4 address with the length of its network; without it there is no IPv4 at
   * all, not even on loopback.
   * @param bridges number of bridges of containers, which come up before its network card.
   */
  constructor(name: string, four?: string, bridges = 0) {
    this.name = name;
    this.#namespace = `${prefix}-${name}`;
    // Names of interfaces have 15 characters at most.
    this.#plug = `p${name}`.slice(0, 15);
    add(this.#namespace);
    for (let number = 0; number < bridges; number++) this.#addBridge(number);
    ip(
      "-n",
      SWITCH,
      "link",
      "add",
      this.#plug,
      "type",
      "veth",
      "peer",
      "name",
      "lan",
      "netns",
      this.#namespace,
    );
    ip("-n", SWITCH, "link", "set", this.#plug, "master", "br0", "up");
    ip("-n", this.#namespace, "link", "set", "lo", "up");
    ip("-n", this.#namespace, "link", "set", "lan", "up");
    if (four === undefined) ip("-n", this.#namespace, "addr", "del", "127.0.0.1/8", "dev", "lo");
    else this.give(four);
    const args = ["netns", "exec", this.#namespace, process.execPath, "--import", "tsx", program];
    this.#child = spawn("ip", [...args, name], { stdio: ["pipe", "pipe", "inherit"] });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error("no output");
    createInterface({ input: stdout }).on("line", (line) => {
      const { id, ...reply } = JSON.parse(line) as { id: number };
      this.#waiting.get(id)?.(reply);
      this.#waiting.delete(id);
    });
    this.#child.on("exit", () => {
      for (const settle of this.#waiting.values()) settle({ error: "the process ended" });
    });
  }

  /** A bridge as Docker creates it, with a container that has no address. */
  #addBridge(number: number): void {
    const at = ["-n", this.#namespace];
    const name = number === 0 ? "docker0" : `br-0123456789a${number}`;
    const port = `veth00000${number}`;
    ip(...at, "link", "add", name, "type", "bridge");
    // The other end is in a namespace of its own, as in a container.
    add(`${this.#namespace}-${number}`);
    this.#containers.push(`${this.#namespace}-${number}`);
    const end = ["peer", "name", "eth0", "netns", `${this.#namespace}-${number}`];
    ip(...at, "link", "add", port, "type", "veth", ...end);
    ip("-n", `${this.#namespace}-${number}`, "link", "set", "eth0", "up");
    ip(...at, "link", "set", port, "master", name, "up");
    ip(...at, "addr", "add", `172.${17 + number}.0.1/16`, "dev", name);
    ip(...at, "link", "set", name, "up");
  }

  /** Gives it another address. */
  give(address: string): void {
    ip(
      "-n",
      this.#namespace,
      "addr",
      "add",
      address,
      "dev",
      "lan",
      ...(address.includes(":") ? ["nodad"] : []),
    );
  }

  /** Takes all its addresses of the link away. */
  strip(): void {
    ip("-n", this.#namespace, "addr", "flush", "dev", "lan");
  }

  /** Pulls its cable, or plugs it in again. */
  cable(plugged: boolean): void {
    ip("-n", SWITCH, "link", "set", this.#plug, plugged ? "up" : "down");
  }

  /** A method of the node, or `start` or `stop`. */
  async call<Result>(method: string, params: object = {}): Promise<Result> {
    const id = this.#next++;
    const reply = new Promise<{ value?: unknown; error?: string }>((resolve) => {
      this.#waiting.set(id, resolve);
    });
    this.#child.stdin?.write(`${JSON.stringify({ id, method, params })}\n`);
    const { value, error } = await reply;
    if (error !== undefined) throw new Error(`${this.name}, ${method}: ${error}`);
    return value as Result;
  }

  /** Sends, and waits until the other side has it. @returns ms from the call to that. */
  async deliver(who: string, text: string): Promise<number> {
    const params = { who, text, wait: "delivered", timeout: 150_000 };
    const { timedOut, elapsed } = await this.call<{ timedOut: boolean; elapsed: number }>(
      "message.send",
      params,
    );
    if (timedOut) throw new Error(`${this.name} to ${who}: "${text}" did not arrive`);
    return elapsed;
  }

  /** Pairs with a user by an invite that names no address. */
  async pair(other: Machine): Promise<void> {
    const { link } = await this.call<{ link: string }>("invite.create");
    const params = { link, as: this.name, wait: 60_000 };
    const { contact } = await other.call<{ contact: { pairing: string } }>("contact.add", params);
    if (contact.pairing === "invited")
      throw new Error(`${this.name} and ${other.name} did not pair`);
  }

  async end(): Promise<void> {
    if (this.#child.exitCode === null) {
      const gone = new Promise((resolve) => this.#child.once("exit", resolve));
      this.#child.stdin?.end();
      const rude = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
      await gone;
      clearTimeout(rude);
    }
    for (const namespace of [...this.#containers, this.#namespace]) remove(namespace);
  }
}
