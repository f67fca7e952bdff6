/**
 * A person's machine and all the world on the other end of one cable, in network namespaces of this
 * test alone: what leaves the machine is counted there by nftables and looked at by a packet
 * socket. Needs root, `ip`, `nft` and `python3`.
 *
 * person 10.77.0.2 - outside 10.77.0.1: proxy, gateway, name server, mDNS neighbour; 51.0.0.10
 * bootstrap host, 51.0.0.11 contact
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { atProcessEnd } from "../../support/process-end.ts";
import { missing as missingNamespaces } from "../nat/lab.ts";

const prefix = `sottopx${process.pid}`;
/** Cancels the removal at the end of the process. */
let cancel = (): void => undefined;
export const PERSON = `${prefix}-person`;
export const OUTSIDE = `${prefix}-outside`;
export const PROXY = { host: "10.77.0.1", port: 9050 };
const RESOLV = `/etc/netns/${PERSON}`;

const run = (program: string, args: readonly string[], input?: string): string =>
  execFileSync(program, args, { input, stdio: ["pipe", "pipe", "pipe"], encoding: "utf8" });

/** Why there can be no such lab on this machine, or `undefined`. */
export function missing(): string | undefined {
  const why = missingNamespaces();
  if (why !== undefined) return why;
  try {
    run("python3", ["-c", "import socket; socket.AF_PACKET"]);
    return undefined;
  } catch {
    return "python3 is needed, to look at packets";
  }
}

export function up(): void {
  down();
  cancel = atProcessEnd(remove);
  for (const name of [PERSON, OUTSIDE]) {
    run("ip", ["netns", "add", name]);
    run("ip", ["-n", name, "link", "set", "lo", "up"]);
  }
  run("ip", [
    "-n",
    PERSON,
    "link",
    "add",
    "eth0",
    "type",
    "veth",
    "peer",
    "name",
    "eth1",
    "netns",
    OUTSIDE,
  ]);
  run("ip", ["-n", PERSON, "addr", "add", "10.77.0.2/24", "dev", "eth0"]);
  run("ip", ["-n", PERSON, "addr", "add", "fd77::2/64", "dev", "eth0", "nodad"]);
  run("ip", ["-n", OUTSIDE, "addr", "add", "10.77.0.1/24", "dev", "eth1"]);
  run("ip", ["-n", OUTSIDE, "addr", "add", "fd77::1/64", "dev", "eth1", "nodad"]);
  run("ip", ["-n", PERSON, "link", "set", "eth0", "up"]);
  run("ip", ["-n", OUTSIDE, "link", "set", "eth1", "up"]);
  for (const ip of ["51.0.0.10/32", "51.0.0.11/32"])
    run("ip", ["-n", OUTSIDE, "addr", "add", ip, "dev", "lo"]);
  run("ip", ["-n", PERSON, "route", "add", "default", "via", PROXY.host]);
  run("ip", ["-n", PERSON, "-6", "route", "add", "default", "via", "fd77::1"]);
  // Names are resolved outside, where a server would answer.
  mkdirSync(RESOLV, { recursive: true });
  writeFileSync(`${RESOLV}/resolv.conf`, `nameserver ${PROXY.host}\n`);
  count();
}

/**
 * Counts what leaves the machine: to the proxy, and to other hosts by protocol, address and port.
 * What the kernel says to find its neighbours is its own.
 */
function count(): void {
  run(
    "ip",
    ["netns", "exec", PERSON, "nft", "-f", "-"],
    `table inet leak {
  counter proxied {}
  counter beside {}
  set four { type inet_proto . ipv4_addr . inet_service; flags dynamic; size 1000; }
  set six { type inet_proto . ipv6_addr . inet_service; flags dynamic; size 1000; }
  chain out {
    type filter hook output priority 0; policy accept;
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, mld2-listener-report } accept
    ip daddr ${PROXY.host} tcp dport ${PROXY.port} counter name proxied accept
    counter name beside
    meta l4proto { tcp, udp } add @four { meta l4proto . ip daddr . th dport }
    meta l4proto { tcp, udp } add @six { meta l4proto . ip6 daddr . th dport }
  }
}
`,
  );
}

interface Listed {
  readonly nftables: readonly {
    readonly counter?: { readonly name: string; readonly packets: number };
    readonly set?: { readonly elem?: readonly { readonly concat: readonly (string | number)[] }[] };
  }[];
}

/**
 * What left since the lab was made: packets to the proxy and beside it, and where the latter went.
 */
export function counted() {
  const text = run("ip", ["netns", "exec", PERSON, "nft", "-j", "list", "table", "inet", "leak"]);
  const { nftables } = JSON.parse(text) as Listed;
  const packets = (name: string) =>
    nftables.find(({ counter }) => counter?.name === name)?.counter?.packets ?? 0;
  const whither = nftables.flatMap(({ set }) =>
    (set?.elem ?? []).map(({ concat }) => concat.join(" ")),
  );
  return { proxied: packets("proxied"), beside: packets("beside"), whither: whither.sort() };
}

/** A process in a namespace that answers lines with lines. */
export class Helper {
  readonly process: ChildProcess;
  readonly #lines: string[] = [];
  #wake: () => void = () => undefined;

  constructor(space: string, program: readonly string[]) {
    this.process = spawn("ip", ["netns", "exec", space, ...program], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    createInterface({ input: this.process.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      this.#lines.push(line);
      this.#wake();
    });
  }

  say(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  async line(): Promise<string> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) return line;
      if (this.process.exitCode !== null) throw new Error("the process ended");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.process.once("exit", () => resolve());
      });
    }
  }

  async end(): Promise<void> {
    if (this.process.exitCode !== null) return;
    const gone = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.stdin?.end();
    const timer = setTimeout(() => this.process.kill("SIGKILL"), 5_000);
    await gone;
    clearTimeout(timer);
  }
}

export const outside = (): Helper =>
  new Helper(OUTSIDE, [
    process.execPath,
    "--import",
    "tsx",
    fileURLToPath(new URL("./outside.ts", import.meta.url)),
  ]);

/**
 * Looks at every packet on the machine's cable; told to end it says to where any went, but to the
 * proxy.
 */
export const watcher = (): Helper =>
  new Helper(PERSON, [
    "python3",
    fileURLToPath(new URL("./watch.py", import.meta.url)),
    "eth0",
    `tcp ${PROXY.host} ${PROXY.port}`,
  ]);

/** Removes everything, also what is half made. */
export function down(): void {
  cancel();
  remove();
}

function remove(): void {
  for (const name of [PERSON, OUTSIDE])
    try {
      run("ip", ["netns", "del", name]);
    } catch {
      // It was not there.
    }
  rmSync(RESOLV, { recursive: true, force: true });
}
