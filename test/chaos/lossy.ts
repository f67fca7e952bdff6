/**
 * Two network namespaces with a link between them that loses, repeats, delays and reorders IP
 * packets.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const CARRIER = fileURLToPath(new URL("./lossy.py", import.meta.url));

/** One end of the link. */
export interface End {
  /** What a process that lives there is started through. */
  readonly through: readonly string[];
  /** Its IPv4 address. */
  readonly address: string;
}

export class LossyLink {
  readonly ends: readonly [End, End];
  readonly #carrier: ChildProcess;

  private constructor(carrier: ChildProcess, ends: readonly [End, End]) {
    this.#carrier = carrier;
    this.ends = ends;
  }

  /** @param loss of a hundred packets, how many are dropped, each way. */
  static async make(loss: number): Promise<LossyLink> {
    const carrier = spawn("unshare", ["-rn", "python3", CARRIER, String(loss)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const [text] = await once(carrier.stdout, "data");
    const { holders, addresses } = JSON.parse(String(text));
    const end = (i: number): End => ({
      through: ["nsenter", "-t", String(holders[i]), "--user", "--net", "--preserve-credentials"],
      address: addresses[i],
    });
    return new LossyLink(carrier, [end(0), end(1)]);
  }

  /** @returns what became of the packets. */
  async close(): Promise<Readonly<Record<string, number>>> {
    const { stdin, stdout } = this.#carrier;
    if (stdin === null || stdout === null) throw new Error("the carrier has no pipes");
    const said = once(stdout, "data");
    const closed = once(this.#carrier, "close");
    stdin.end();
    const [text] = await said;
    await closed;
    return JSON.parse(String(text));
  }
}
