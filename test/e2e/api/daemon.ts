/** A whole node in this process, with a client on its socket, as `sotto up` runs one. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Client,
  createClient,
  type NodeEvent,
  type Paths,
  resolvePaths,
} from "../../../src/api/index.ts";
import { connectTo } from "../../../src/cli/index.ts";
import { nodeCrypto } from "../../../src/crypto/index.ts";
import { openHome } from "../../../src/daemon/home/home.ts";
import { type Daemon, startDaemon } from "../../../src/daemon/index.ts";
import { systemClock } from "../../../src/daemon/process/system-clock.ts";
import { type Store, silent } from "../../../src/ports/index.ts";

export class RunningDaemon {
  readonly name: string;
  readonly home: string;
  readonly events: NodeEvent[] = [];
  client!: Client;
  readonly #paths: Paths;
  #daemon!: Daemon;
  #waiting: (() => void)[] = [];

  private constructor(name: string, home: string) {
    this.name = name;
    this.home = home;
    const around = { home: undefined, temporary: tmpdir(), uid: 0, current: undefined };
    this.#paths = resolvePaths({ ...around, env: { SOTTO_HOME: home } });
  }

  static async start(name: string): Promise<RunningDaemon> {
    const node = new RunningDaemon(name, mkdtempSync(join(tmpdir(), "sotto-api-")));
    await node.up();
    return node;
  }

  /** Starts the node, in its home, and listens to its events. */
  async up(): Promise<void> {
    const { name } = this;
    const paths = this.#paths;
    this.#daemon = await startDaemon({
      paths,
      env: {},
      overrides: { listen: ["/ip4/127.0.0.1/tcp/0"], mdns: false },
      answers: {
        passphrase: async () => undefined,
        account: async () => ({ name, protection: { kind: "key-file" } }),
      },
      writeLog: () => undefined,
      onDamage: (damage) => {
        throw damage;
      },
    });
    this.client = await this.connect();
    const listener = await this.connect();
    void this.#listen(listener);
    // Calls of a connection start in their order: the subscription is in place.
    await listener.call("node.state", {});
  }

  /** The path of its socket. */
  get socket(): string {
    return this.#paths.socket;
  }

  /** Another connection. */
  async connect(): Promise<Client> {
    return createClient(await connectTo(this.#paths.socket));
  }

  async #listen(client: Client): Promise<void> {
    // Of no run, so that the first event is `resync`.
    for await (const event of client.events({ since: "none" })) {
      this.events.push(event);
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }

  /** The first event that fits; waits for it. */
  async event(fits: (event: NodeEvent) => boolean): Promise<NodeEvent> {
    for (;;) {
      const found = this.events.find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Waits for the first event of a type. */
  first(type: NodeEvent["type"]): Promise<NodeEvent> {
    return this.event((event) => event.type === type);
  }

  /** What the node answers to each of these lines. */
  async refusals(lines: readonly string[]) {
    const connection = await connectTo(this.#paths.socket);
    const answers: ((line: string) => void)[] = [];
    connection.onLine((line) => answers.shift()?.(line));
    const found: { request: string; response: unknown }[] = [];
    for (const request of lines) {
      const answer = new Promise<string>((resolve) => answers.push(resolve));
      connection.write(request);
      found.push({ request, response: JSON.parse(await answer) });
    }
    connection.close();
    return found;
  }

  down(): Promise<void> {
    return this.#daemon.stop();
  }

  /** Changes the store of a node that does not run. */
  async change(job: (store: Store) => Promise<void>): Promise<void> {
    const parts = { directory: this.home, crypto: nodeCrypto(), clock: systemClock, log: silent };
    const answers = { passphrase: async () => undefined, account: async () => undefined };
    const { store } = await openHome(parts, answers);
    await job(store);
    await store.close();
  }

  async end(): Promise<void> {
    await this.down();
    rmSync(this.home, { recursive: true, force: true });
  }
}
