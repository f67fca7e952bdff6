/**
 * Strangers that flood a node with hellos: a daemon with 99 open invites on loopback, and dialers
 * from one address and from twenty, which send 250 well-formed hellos a second under no key and
 * reset each stream once the node has read it. Processor time of the node, and how long a contact that was
 * started again takes to be linked under the flood. BENCH_BEFORE names the program (dist/bin/
 * sotto.js) of another build to be measured beside this one, and BENCH_BEFORE_HELLO the bytes of
 * its hello: 115 before hellos had an index.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Connection } from "@libp2p/interface";
import type { Libp2p } from "libp2p";
import { type Actor, startDemo } from "../src/cli/demo/processes.ts";
import { encodeFrame } from "../src/wire/index.ts";
import { plainHost } from "../test/hostile/attacks-host.ts";
import { dialFrom, type Target } from "../test/hostile/raw.ts";
import { program } from "./lib/demo-processes.ts";
import { type Figure, printTable } from "./lib/table.ts";

const INVITES = 99;
const SECONDS = Number(process.env.BENCH_SECONDS ?? 10);
const STARTS = 3;
/** Hellos per second of all dialers together. */
const RATE = 250;
/** Bytes of the payload of a hello. */
const HELLO = 123;
/** Streams of one dialer at one time, and how long it lets the node read each, ms. */
const STREAMS = 2;
const READING = 4;
const ATTEMPTS = 20;
/** Time in which the node publishes the records of its invites, ms. */
const SETTLE = 20_000;

interface Build {
  readonly program: string;
  readonly hello: number;
}

interface Measured {
  /** Hellos per second for which the node accepted a stream. */
  readonly sent: number;
  /** Processor time of the node, share of one processor in %. */
  readonly cpu: number;
}

interface Outcome {
  readonly rest: Measured;
  readonly one: Measured;
  readonly twenty: Measured;
  /** ms from the moment that a contact's node is ready until it is linked. */
  readonly linkedAtRest: number;
  readonly linked: number;
}

/** ms of processor time that a process has used: hundredths of a second on every Linux. */
function cpuOf({ pid }: Actor): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(stat[11]) + Number(stat[12])) * 10;
}

async function targetOf(actor: Actor): Promise<Target> {
  const { host, addresses } = (await actor.call("node.status", {})) as unknown as {
    readonly host: string;
    readonly addresses: readonly string[];
  };
  return { port: Number(/\/tcp\/(\d+)/.exec(addresses.join(" "))?.[1]), peer: host };
}

/** Dialers that send hellos until they are ended. */
class Flood {
  sent = 0;
  readonly #target: Target;
  readonly #bytes: number;
  readonly #jobs: Promise<void>[] = [];
  readonly #hosts: Libp2p[] = [];
  #going = true;

  constructor(target: Target, bytes: number) {
    this.#target = target;
    this.#bytes = bytes;
  }

  async from(address: string): Promise<void> {
    const host = await plainHost();
    this.#hosts.push(host);
    const connection = await this.#connect(host, address);
    for (let i = 0; i < STREAMS; i++) this.#jobs.push(this.#send(connection));
  }

  /** A busy machine may need several attempts within the node's time for a handshake. */
  async #connect(host: Libp2p, address: string): Promise<Connection> {
    for (let left = ATTEMPTS; ; left--)
      try {
        return await dialFrom(host, this.#target, address);
      } catch (error) {
        if (left === 0) throw error;
      }
  }

  async #send(connection: Connection): Promise<void> {
    while (this.#going && connection.status === "open") {
      const next = performance.now() + (this.#jobs.length * 1_000) / RATE;
      try {
        const stream = await connection.newStream("/sotto/link/1");
        const hello = crypto.getRandomValues(new Uint8Array(this.#bytes));
        hello.set([1, 1]);
        stream.send(encodeFrame(hello));
        this.sent++;
        await sleep(READING);
        stream.abort(new Error("next"));
      } catch {
        // The node refuses it.
      }
      await sleep(Math.max(0, next - performance.now()));
    }
  }

  async end(): Promise<void> {
    this.#going = false;
    await Promise.all(this.#jobs);
    await Promise.all(this.#hosts.map((host) => host.stop()));
  }
}

async function watch(actor: Actor, sent: () => number): Promise<Measured> {
  const [cpu, count, at] = [cpuOf(actor), sent(), performance.now()];
  await sleep(SECONDS * 1_000);
  const seconds = (performance.now() - at) / 1_000;
  return { sent: (sent() - count) / seconds, cpu: (cpuOf(actor) - cpu) / seconds / 10 };
}

async function measure({ program: path, hello }: Build): Promise<Outcome> {
  const stage = startDemo([process.execPath, path]);
  try {
    await stage.bootstrap();
    const alice = await stage.node("alice", true);
    let bob = await stage.node("bob", true);
    const { link } = await alice.call("invite.create", {});
    await bob.call("contact.add", { link, wait: 15_000 });
    for (let i = 0; i < INVITES; i++) await alice.call("invite.create", {});
    const target = await targetOf(alice);
    const linked = async (): Promise<number> => {
      const times: number[] = [];
      for (let i = 0; i < STARTS; i++) {
        await stage.end(bob);
        bob = await stage.node("bob", true);
        const at = performance.now();
        const online = async (): Promise<boolean> =>
          (await bob.call("contact.list", {})).contacts.some((contact) => contact.online);
        while (!(await online())) await sleep(10);
        times.push(performance.now() - at);
      }
      return times.sort((a, b) => a - b)[STARTS >> 1] ?? Number.NaN;
    };
    await sleep(SETTLE);
    const linkedAtRest = await linked();
    const rest = await watch(alice, () => 0);
    const flood = async (addresses: readonly string[]) => {
      const made = new Flood(target, hello);
      for (const address of addresses) await made.from(address);
      await sleep(1_000);
      return made;
    };
    const near = await flood(["127.0.1.1", "127.0.1.1", "127.0.1.1", "127.0.1.1"]);
    const one = await watch(alice, () => near.sent);
    await near.end();
    const far = await flood(Array.from({ length: 20 }, (_, i) => `127.0.2.${i + 1}`));
    const twenty = await watch(alice, () => far.sent);
    const underFlood = await linked();
    await far.end();
    return { rest, one, twenty, linkedAtRest, linked: underFlood };
  } finally {
    await stage.clear();
  }
}

const before = process.env.BENCH_BEFORE;
const now = await measure({ program, hello: HELLO });
const other =
  before === undefined
    ? undefined
    : await measure({ program: before, hello: Number(process.env.BENCH_BEFORE_HELLO ?? HELLO) });
const compared = (name: string, unit: string, of: (outcome: Outcome) => number): Figure => ({
  name,
  unit,
  value: of(now),
  ...(other !== undefined && { beside: { name: "the build before", value: of(other) } }),
});
printTable(`A node with ${INVITES} invites, ${RATE} hellos a second`, [
  compared("processor at rest", "%", ({ rest }) => rest.cpu),
  compared("processor, hellos from one address", "%", ({ one }) => one.cpu),
  compared("  hellos that the node accepted", "/s", ({ one }) => one.sent),
  compared("processor, hellos from twenty addresses", "%", ({ twenty }) => twenty.cpu),
  compared("  hellos that the node accepted", "/s", ({ twenty }) => twenty.sent),
  compared("a contact linked again, at rest, median", "ms", ({ linkedAtRest }) => linkedAtRest),
  compared("  while twenty addresses send hellos", "ms", (outcome) => outcome.linked),
]);
process.exit(0);
