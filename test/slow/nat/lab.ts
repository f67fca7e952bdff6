/**
 * Two homes behind routers and a public place between, in network namespaces of this test alone.
 * Needs root, `ip` and `nft`.
 *
 * homeA 192.168.1.2 - routerA 51.1.0.2 - public 51.0.0.10, .11 - routerB 51.2.0.2 - homeB
 * 192.168.2.2
 */
import { execFileSync } from "node:child_process";
import { atProcessEnd } from "../../support/process-end.ts";

/**
 * What a router does: changes ports as little as it can, newly for each connection, or nothing but
 * to let no stranger in.
 */
export type Router = "preserving" | "symmetric" | "firewall";

export type Spot = "public" | "routerA" | "routerB" | "homeA" | "homeB";

const prefix = `sotto${process.pid}`;
/** Cancels the removal at the end of the process. */
let cancel = (): void => undefined;
const spots: readonly Spot[] = ["public", "routerA", "routerB", "homeA", "homeB"];

export const nameOf = (spot: Spot): string => `${prefix}-${spot}`;

function run(program: string, args: readonly string[], input?: string): void {
  execFileSync(program, args, { input, stdio: ["pipe", "ignore", "pipe"] });
}

const inside = (spot: Spot, ...command: readonly string[]): void =>
  run("ip", ["netns", "exec", nameOf(spot), ...command]);

/** Why there can be no such lab on this machine, or `undefined`. */
export function missing(): string | undefined {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid?.() !== 0) return "network namespaces need root";
  try {
    run("nft", ["--version"]);
    run("ip", ["netns", "add", `${prefix}-try`]);
    run("ip", ["netns", "exec", `${prefix}-try`, "nft", "list", "ruleset"]);
    return undefined;
  } catch (error) {
    return `ip and nft are needed, and the right to use them (${error instanceof Error ? error.message.split("\n", 1).join() : "failed"})`;
  } finally {
    try {
      run("ip", ["netns", "del", `${prefix}-try`]);
    } catch {
      // It was not made.
    }
  }
}

/** A cable between two namespaces. */
function cable(a: Spot, b: Spot, ends: readonly [string, string], ips: readonly string[][]): void {
  run("ip", [
    "-n",
    nameOf(a),
    "link",
    "add",
    ends[0],
    "type",
    "veth",
    "peer",
    "name",
    ends[1],
    "netns",
    nameOf(b),
  ]);
  for (const [index, spot] of [a, b].entries()) {
    const end = ends[index] as string;
    for (const ip of ips[index] ?? [])
      run("ip", [
        "-n",
        nameOf(spot),
        "addr",
        "add",
        ip,
        "dev",
        end,
        ...(ip.includes(":") ? ["nodad"] : []),
      ]);
    run("ip", ["-n", nameOf(spot), "link", "set", end, "up"]);
  }
}

/**
 * Which IPv4 addresses the homes have: those of a home router (RFC 1918), or those that a carrier
 * gives to its customers (RFC 6598).
 */
export type Inside = "192.168" | "100.64";

/** Makes the namespaces and cables. */
export function up(net: Inside = "192.168"): void {
  down();
  cancel = atProcessEnd(remove);
  for (const spot of spots) {
    run("ip", ["netns", "add", nameOf(spot)]);
    run("ip", ["-n", nameOf(spot), "link", "set", "lo", "up"]);
    inside(spot, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
  }
  for (const ip of ["51.0.0.10/32", "51.0.0.11/32"])
    run("ip", ["-n", nameOf("public"), "addr", "add", ip, "dev", "lo"]);
  run("ip", ["-n", nameOf("public"), "addr", "add", "2001:4860::10/128", "dev", "lo", "nodad"]);
  for (const [letter, number] of [
    ["A", 1],
    ["B", 2],
  ] as const) {
    const [router, home] = [`router${letter}`, `home${letter}`] as const;
    cable(
      "public",
      router,
      [`p${letter}`, `out${letter}`],
      [
        [`51.${number}.0.1/24`, `2001:4860:${number}::1/64`],
        [`51.${number}.0.2/24`, `2001:4860:${number}::2/64`],
      ],
    );
    cable(
      router,
      home,
      [`in${letter}`, `eth${letter}`],
      [
        [`${net}.${number}.1/24`, `2001:4860:1${number}::1/64`],
        [`${net}.${number}.2/24`, `2001:4860:1${number}::2/64`],
      ],
    );
    for (const [spot, via4, via6] of [
      [router, `51.${number}.0.1`, `2001:4860:${number}::1`],
      [home, `${net}.${number}.1`, `2001:4860:1${number}::1`],
    ] as const) {
      run("ip", ["-n", nameOf(spot), "route", "add", "default", "via", via4]);
      run("ip", ["-n", nameOf(spot), "-6", "route", "add", "default", "via", via6]);
    }
    run("ip", [
      "-n",
      nameOf("public"),
      "-6",
      "route",
      "add",
      `2001:4860:1${number}::/64`,
      "via",
      `2001:4860:${number}::2`,
    ]);
  }
}

/** Gives a router its manners, in the place of earlier ones. */
export function set(letter: "A" | "B", router: Router): void {
  const masquerade = router === "symmetric" ? "masquerade fully-random" : "masquerade";
  run(
    "ip",
    ["netns", "exec", nameOf(`router${letter}`), "nft", "-f", "-"],
    `flush ruleset
table ip nat {
  chain after { type nat hook postrouting priority 100; policy accept; oifname "out${letter}" ${masquerade}; }
}
table inet filter {
  chain through { type filter hook forward priority 0; policy drop; iifname "in${letter}" accept; ct state established,related accept; ct status dnat accept; }
  chain here { type filter hook input priority 0; policy accept; iifname "out${letter}" tcp dport 4001 accept; iifname "out${letter}" meta l4proto tcp ct state new drop; }
}
`,
  );
}

/** Takes a home off its network, and gives its router the addresses of another one. */
export function unplug(letter: "A" | "B", from: Inside, to: Inside): void {
  const [home, router, number] = [`home${letter}`, `router${letter}`, numbers[letter]] as const;
  address(home, "del", `${from}.${number}.2/24`, `eth${letter}`);
  address(router, "del", `${from}.${number}.1/24`, `in${letter}`);
  address(router, "add", `${to}.${number}.1/24`, `in${letter}`);
}

/** Puts a home onto the network of its router. */
export function plug(letter: "A" | "B", net: Inside): void {
  const [home, number] = [`home${letter}`, numbers[letter]] as const;
  address(home, "add", `${net}.${number}.2/24`, `eth${letter}`);
  run("ip", ["-n", nameOf(home), "route", "add", "default", "via", `${net}.${number}.1`]);
}

const numbers = { A: 1, B: 2 } as const;

function address(spot: Spot, what: "add" | "del", ip: string, end: string): void {
  run("ip", ["-n", nameOf(spot), "addr", what, ip, "dev", end]);
}

/** Removes everything, also what is half made. */
export function down(): void {
  cancel();
  remove();
}

function remove(): void {
  for (const spot of spots)
    try {
      run("ip", ["netns", "del", nameOf(spot)]);
    } catch {
      // It was not there.
    }
}
