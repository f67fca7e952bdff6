/**
 * A private Tor network on loopback: a directory authority, relays, and clients with an onion
 * service. It knows no node of the public network. Needs `tor` and `tor-gencert` (Debian: tor).
 *
 * Every process ends with the one that started it: tor watches its owner.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Relays besides the authority: a guard, a middle and an end that differ, with some to spare. */
const RELAYS = 4;
/** How long the network may take to agree on a directory and a client to build circuits, ms. */
const BOOTSTRAP = 180_000;

/** Seconds between votes, and for the parts of one: the lowest values that work reliably. */
const VOTING = `
TestingV3AuthInitialVotingInterval 10
TestingV3AuthInitialVoteDelay 2
TestingV3AuthInitialDistDelay 2
V3AuthVotingInterval 20
V3AuthVoteDelay 4
V3AuthDistDelay 4
TestingDirAuthVoteExit *
TestingDirAuthVoteHSDir *
TestingDirAuthVoteGuard *
`;

/** Why there can be no such network on this machine, or `undefined`. */
export function missingTor(): string | undefined {
  try {
    execFileSync("tor", ["--version"], { stdio: "ignore" });
    execFileSync("which", ["tor-gencert"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "tor and tor-gencert are needed (Debian: tor)";
  }
}

/** A circuit to an onion service, as the client that built it describes it. */
export interface Circuit {
  readonly id: string;
  /** The onion service, without `.onion`. */
  readonly service: string;
  /** The SOCKS user for which it was built. */
  readonly user: string;
}

/** A running tor process, which can be ended and started again. */
export class TorProcess {
  readonly directory: string;
  #child: ChildProcess | undefined;
  #said = "";
  #wake = (): void => undefined;

  constructor(directory: string, settings: string) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(join(directory, "torrc"), settings);
  }

  start(): void {
    this.#said = "";
    const child = spawn("tor", ["-f", join(this.directory, "torrc")], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#said = (this.#said + text).slice(-20_000);
        this.#wake();
      });
    child.once("close", () => this.#wake());
    child.once("error", () => this.#wake());
    this.#child = child;
  }

  /** Waits until it logs a line: "Bootstrapped 100%" once it has built a circuit. */
  async logs(line: string): Promise<void> {
    const end = performance.now() + BOOTSTRAP;
    while (!this.#said.includes(line)) {
      const left = end - performance.now();
      if (left <= 0 || this.#child?.exitCode !== null)
        throw new Error(`tor in ${this.directory} is not ready: ${this.#said.slice(-1_000)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(timer);
  }
}

/** A client with a SOCKS port; with ports, an onion service forwards these to loopback. */
export class TorClient extends TorProcess {
  readonly proxy: string;
  /** The ports of its onion service, which are those on loopback. */
  readonly ports: readonly number[];

  constructor(directory: string, common: string, socks: number, ports: readonly number[]) {
    super(
      directory,
      `${common}
SocksPort 127.0.0.1:${socks}
ClientUseIPv6 0
ControlSocket ${join(directory, "control")}
${ports.length > 0 ? `HiddenServiceDir ${join(directory, "service")}` : ""}
${ports.map((port) => `HiddenServicePort ${port} 127.0.0.1:${port}`).join("\n")}
`,
    );
    this.proxy = `socks5://127.0.0.1:${socks}`;
    this.ports = ports;
  }

  /** The name of its onion service, without `.onion`. */
  get service(): string {
    const name = readFileSync(join(this.directory, "service/hostname"), "utf8");
    return name.trim().replace(/\.onion$/, "");
  }

  /** The address of one of its ports, as Sotto announces it. */
  onion(port: number): string {
    return `/onion3/${this.service}:${port}`;
  }

  /** The circuits of this client to onion services that carry its streams now. */
  async circuits(): Promise<Circuit[]> {
    const answer = await this.#ask("GETINFO circuit-status");
    return answer.flatMap((line) => {
      if (!line.includes("PURPOSE=HS_CLIENT_REND HS_STATE=HSCR_JOINED")) return [];
      const [, id = ""] = /^(?:250\+circuit-status=)?(\d+) BUILT /.exec(line) ?? [];
      const [, service = ""] = / REND_QUERY=(\w+)/.exec(line) ?? [];
      const [, user = ""] = / SOCKS_USERNAME="(\w+)"/.exec(line) ?? [];
      return [{ id, service, user }];
    });
  }

  /** The lines of an answer on the control port (Tor control protocol, section 2.3). */
  #ask(question: string): Promise<string[]> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(join(this.directory, "control"));
      let said = "";
      socket.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
      socket.once("error", reject);
      socket.once("close", () => resolve(said.split("\r\n")));
      socket.write(`AUTHENTICATE\r\n${question}\r\nQUIT\r\n`);
    });
  }
}

export class TorNetwork {
  readonly #directory = mkdtempSync(join(tmpdir(), "sotto-tor-"));
  readonly #processes: TorProcess[] = [];
  #common = "";

  private constructor() {}

  /** Starts the authority and the relays. */
  static async open(): Promise<TorNetwork> {
    const network = new TorNetwork();
    try {
      await network.#open();
      return network;
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  async #open(): Promise<void> {
    const [orPort = 0, dirPort = 0, ...relayPorts] = await freePorts(2 + RELAYS);
    const directory = join(this.#directory, "authority");
    const authority = await authorityOf(directory, orPort, dirPort);
    const common = (path: string) => `
TestingTorNetwork 1
${authority.line}
DataDirectory ${path}
AssumeReachable 1
PathsNeededToBuildCircuits 0.67
EnforceDistinctSubnets 0
ShutdownWaitLength 0
Log notice stdout
__OwningControllerProcess ${process.pid}
${VOTING}`;
    this.#common = common("DIRECTORY");
    // A relay that cannot publish itself at once is missing from the first directory.
    const first = this.#run(new TorProcess(directory, common(directory) + authority.settings));
    await first.logs("Opened Directory listener");
    for (const [index, port] of relayPorts.entries()) {
      const path = join(this.#directory, `relay${index}`);
      const settings = `
Nickname relay${index}
Address 127.0.0.1
ORPort 127.0.0.1:${port}
ExitRelay 0
SocksPort 0
`;
      this.#run(new TorProcess(path, common(path) + settings));
    }
    await containsAll(join(directory, "cached-microdesc-consensus"));
  }

  #run<One extends TorProcess>(process: One): One {
    this.#processes.push(process);
    process.start();
    return process;
  }

  /** Starts a client. @param ports how many ports its onion service has; 0: it has none. */
  async client(name: string, ports: number): Promise<TorClient> {
    const [socks = 0, ...forwarded] = await freePorts(1 + ports);
    const path = join(this.#directory, name);
    const common = this.#common.replace("DIRECTORY", path);
    const client = this.#run(new TorClient(path, common, socks, forwarded));
    await client.logs("Bootstrapped 100%");
    return client;
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.stop()));
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/**
 * Waits for a directory that lists every relay. A client that starts with an earlier one fails to
 * build circuits until it fetches the next.
 */
async function containsAll(consensus: string): Promise<void> {
  const end = performance.now() + BOOTSTRAP;
  for (;;) {
    const text = existsSync(consensus) ? readFileSync(consensus, "utf8") : "";
    if (text.match(/^r /gm)?.length === 1 + RELAYS) return;
    if (performance.now() > end) throw new Error("the authority lists not every relay");
    await sleep(200);
  }
}

/** Makes the keys of a directory authority. @returns its settings, and the line that names it. */
async function authorityOf(directory: string, orPort: number, dirPort: number) {
  const keys = join(directory, "keys");
  mkdirSync(keys, { recursive: true, mode: 0o700 });
  const certificate = join(keys, "authority_certificate");
  const passphrase = run("tor-gencert", [
    "--create-identity-key",
    ...["-m", "12", "-a", `127.0.0.1:${dirPort}`],
    ...["-i", join(keys, "authority_identity_key")],
    ...["-s", join(keys, "authority_signing_key")],
    ...["-c", certificate, "--passphrase-fd", "0"],
  ]);
  passphrase.child.stdin?.end("passphrase\n");
  await passphrase;
  const settings = `
Nickname authority
Address 127.0.0.1
ORPort 127.0.0.1:${orPort}
DirPort 127.0.0.1:${dirPort}
AuthoritativeDirectory 1
V3AuthoritativeDirectory 1
ContactInfo none@example.invalid
ExitRelay 0
SocksPort 0
`;
  // Its fingerprint does not depend on who the authorities are, but tor wants to know one.
  const other = `DirAuthority other orport=1 no-v2 127.0.0.1:1 ${"0".repeat(40)}`;
  const draft = join(directory, "draft");
  const base = "TestingTorNetwork 1\nAssumeReachable 1\nDataDirectory";
  const own = settings.replace("V3AuthoritativeDirectory 1\n", "").replace(/^Auth.*$/m, "");
  writeFileSync(draft, `${base} ${directory}\n${other}\n${own}`);
  const { stdout } = await run("tor", ["-f", draft, "--list-fingerprint", "--quiet"]);
  const [, fingerprint = ""] = /^authority (.*)$/m.exec(stdout) ?? [];
  const [, identity] = /^fingerprint (\w+)$/m.exec(readFileSync(certificate, "utf8")) ?? [];
  const name = `authority orport=${orPort} no-v2 v3ident=${identity} 127.0.0.1:${dirPort}`;
  return { settings, line: `DirAuthority ${name} ${fingerprint.replaceAll(" ", "")}` };
}

/** Free TCP ports on loopback, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = servers.map(
    (server) =>
      new Promise<number>((resolve, reject) => {
        server.once("error", reject);
        server.listen(0, "127.0.0.1", () => {
          const address = server.address();
          resolve(typeof address === "object" && address !== null ? address.port : 0);
        });
      }),
  );
  const found = await Promise.all(ports);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return found;
}
