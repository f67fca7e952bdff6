/** A real UPnP router: miniupnpd, in the namespace of the process that starts it. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const TABLE = "sottoupnp";
const CHAINS = `table inet ${TABLE}
delete table inet ${TABLE}
table inet ${TABLE} {
  chain forwarded { }
  chain before { }
  chain after { }
  chain prerouting { type nat hook prerouting priority -100; policy accept; jump before; }
  chain postrouting { type nat hook postrouting priority 99; policy accept; jump after; }
}
`;

export interface Router {
  /** Names of its interfaces. */
  readonly out: string;
  readonly in: string;
  /** Whether it says that it is of the first kind alone. */
  readonly first: boolean;
  /** Whether it gives ports. */
  readonly gives: boolean;
}

/** Why there is none on this machine, or `undefined`. */
export function missingUpnpd(): string | undefined {
  try {
    execFileSync("miniupnpd", ["--version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "miniupnpd is needed (Debian: miniupnpd-nftables)";
  }
}

/** Ports that the router leads inside now: as many as rules. */
export function rulesNow(): number {
  const rules = execFileSync("nft", ["list", "chain", "inet", TABLE, "before"], {
    encoding: "utf8",
  });
  return rules.match(/dnat/g)?.length ?? 0;
}

/** Starts one; it is ready when it says so. @returns what ends it. */
export async function startUpnpd(router: Router): Promise<() => Promise<void>> {
  execFileSync("nft", ["-f", "-"], { input: CHAINS });
  const directory = mkdtempSync(join(tmpdir(), "sotto-upnpd-"));
  const settings = join(directory, "miniupnpd.conf");
  writeFileSync(
    settings,
    [
      `ext_ifname=${router.out}`,
      `listening_ip=${router.in}`,
      "http_port=0",
      "enable_upnp=yes",
      "enable_natpmp=no",
      "ipv6_disable=yes",
      "secure_mode=yes",
      `force_igd_desc_v1=${router.first ? "yes" : "no"}`,
      `upnp_table_name=${TABLE}`,
      `upnp_nat_table_name=${TABLE}`,
      "upnp_forward_chain=forwarded",
      "upnp_nat_chain=before",
      "upnp_nat_postrouting_chain=after",
      "uuid=6f1b34c2-2e57-4a7c-9d0f-0d7b5f0a9c11",
      `${router.gives ? "allow" : "deny"} 1024-65535 0.0.0.0/0 1024-65535`,
      "",
    ].join("\n"),
  );
  // It ends with this process, however that ends.
  const program = ["--pdeathsig=TERM", "miniupnpd", "-d", "-f", settings];
  const process = spawn("setpriv", [...program, "-P", join(directory, "pid")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  await listening(process);
  return async () => {
    const gone = new Promise((resolve) => process.once("exit", resolve));
    process.kill("SIGTERM");
    await gone;
    rmSync(directory, { recursive: true });
  };
}

function listening(process: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    process.once("error", reject);
    process.once("exit", () => reject(new Error(`miniupnpd ended: ${said.slice(-500)}`)));
    process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-10_000);
      if (/HTTP listening on port/.test(said)) resolve();
    });
  });
}
