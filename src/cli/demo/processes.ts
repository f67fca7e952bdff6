/** The processes of `sotto demo`: a bootstrap node and nodes in temporary home directories. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Client,
  createClient,
  type MethodName,
  type Params,
  type Result,
  resolvePaths,
} from "../../api/index.ts";
import { SottoError } from "../../base/index.ts";
import { started } from "../process/started.ts";
import { connectTo } from "../runtime/connect.ts";
import { readEnvironment, selfCommand } from "../runtime/environment.ts";

export interface Actor {
  readonly name: string;
  /** The account id, by which the others name this actor. */
  readonly account: string;
  readonly pid: number;
  /** What SOTTO_HOME is for this actor. */
  readonly home: string;
  call<Name extends MethodName>(method: Name, params: Params<Name>): Promise<Result<Name>>;
}

export interface DemoProcesses {
  /** Starts the bootstrap node. @returns its address, with /p2p. */
  bootstrap(): Promise<string>;
  /**
   * Starts a node; creates its account at the first start.
   * @param knows whether it gets the address of the bootstrap node; otherwise by an invite.
   */
  node(name: string, knows: boolean): Promise<Actor>;
  /** Stops the process of an actor and waits until it ended. */
  end(actor: Actor): Promise<void>;
  /** Stops every process and removes every file. Safe to call twice. */
  clear(): Promise<void>;
}

const LOOPBACK = "/ip4/127.0.0.1/tcp/0";
/** Timeouts for a process to start and to stop, ms. */
const READY = 20_000;
const END = 5_000;

/** @param command the command that starts Sotto; by default that of this process. */
export function startDemo(command: readonly [string, ...string[]] = selfCommand()): DemoProcesses {
  const directory = mkdtempSync(join(tmpdir(), "sotto-demo-"));
  const around = readEnvironment();
  const processes = new Map<number, ChildProcess>();
  const clients: Client[] = [];
  let bootstraps: readonly string[] = [];

  /** Without the settings of the user. */
  const envOf = (name: string) => {
    const { SOTTO_SOCKET, SOTTO_PROFILE, XDG_RUNTIME_DIR, ...env } = around.env;
    return { ...env, SOTTO_HOME: join(directory, name) };
  };
  const run = async (name: string, args: readonly string[]) => {
    const [program, ...before] = command;
    const child = spawn(program, [...before, ...args], {
      env: envOf(name),
      stdio: ["ignore", "pipe", "pipe"],
    });
    await started(child);
    const pid = child.pid as number;
    processes.set(pid, child);
    child.once("close", () => processes.delete(pid));
    return child;
  };

  return {
    async bootstrap() {
      const child = await run("bootstrap", ["bootstrap", "--listen", LOOPBACK, "--json"]);
      const { addresses } = await firstLine(child);
      bootstraps = addresses;
      return addresses[0] ?? "";
    },
    async node(name, knows) {
      const child = await run(name, [
        "up",
        "--json",
        "--name",
        name,
        "--no-mdns",
        "--listen",
        LOOPBACK,
        ...(knows ? bootstraps.flatMap((address) => ["--bootstrap", address]) : []),
      ]);
      await firstLine(child);
      const { socket } = resolvePaths({ ...around, env: envOf(name) });
      const client = createClient(await connectTo(socket));
      clients.push(client);
      const { account } = await client.call("account.show", {});
      const home = join(directory, name);
      return { name, account, pid: child.pid ?? 0, home, call: client.call };
    },
    async end({ pid }) {
      await endProcess(processes.get(pid));
    },
    async clear() {
      for (const client of clients) client.close();
      await Promise.all([...processes.values()].map(endProcess));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The JSON line that a process prints when it is ready; fails with its error output. */
function firstLine(child: ChildProcess): Promise<{ readonly addresses: readonly string[] }> {
  return new Promise((resolve, reject) => {
    let said = "";
    let complaint = "";
    const timer = setTimeout(() => fail("did not start in time"), READY);
    const fail = (why: string) => {
      clearTimeout(timer);
      reject(
        new SottoError("timed-out", `A process of the demo ${why}. ${complaint.trim()}`.trim()),
      );
    };
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      complaint += text;
    });
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (!said.includes("\n")) return;
      clearTimeout(timer);
      resolve(JSON.parse(said.slice(0, said.indexOf("\n"))));
    });
    child.once("close", () => fail("ended at once"));
  });
}

async function endProcess(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), END);
  await ended;
  clearTimeout(timer);
}
