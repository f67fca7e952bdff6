/** A user with a real daemon and a real client on its socket; the daemon may die at any time. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, type Contact, createClient, type Message } from "../../src/api/index.ts";
import { connectTo } from "../../src/cli/index.ts";
import type { Program } from "../cli/built.ts";
import { Daemon, type Start } from "./daemon.ts";

export const LOOPBACK = "/ip4/127.0.0.1/tcp/0";
const PAGE = 500;

export interface Place {
  readonly listen?: string;
  /** Addresses of bootstrap hosts; none and the node cannot be found. */
  readonly bootstrap?: readonly string[];
  readonly through?: Start["through"];
  readonly env?: Start["env"];
  /** More options of `sotto up`. */
  readonly args?: readonly string[];
}

export class User {
  readonly name: string;
  readonly home: string;
  readonly #program: Program;
  place: Place;
  daemon: Daemon | undefined;
  client: Client | undefined;
  /** How often it was killed by SIGKILL. */
  kills = 0;
  /** Ids that were shown as delivered, by whatever run of the daemon. */
  readonly delivered = new Set<string>();
  /** What was shown as delivered and then as something less. */
  readonly regressed: string[] = [];

  constructor(program: Program, name: string, place: Place = {}) {
    this.#program = program;
    this.name = name;
    this.home = program.home(name);
    this.place = place;
  }

  /** Starts a daemon without waiting for it. The first start makes the account. */
  launch(): Daemon {
    const { listen = LOOPBACK, bootstrap = [], through, env, args = [] } = this.place;
    this.daemon = new Daemon(this.#program, this.home, {
      ...(through === undefined ? {} : { through }),
      ...(env === undefined ? {} : { env }),
      args: [
        ...["up", "--no-mdns", "--json", "--name", this.name, "--listen", listen],
        ...bootstrap.flatMap((address) => ["--bootstrap", address]),
        ...args,
      ],
    });
    return this.daemon;
  }

  /** Starts a daemon, waits until it is ready, and connects to it. */
  async start(place: Place = this.place): Promise<void> {
    this.place = place;
    await this.launch().up();
    await this.connect();
  }

  get #socket(): string {
    return this.place.env?.SOTTO_SOCKET ?? `${this.home}/sotto.sock`;
  }

  async connect(): Promise<Client> {
    this.client = createClient(await connectTo(this.#socket));
    void this.daemon?.ended.then(({ code, err }) => {
      // A disk that fails is what some tests bring about; anything else is news.
      if (code && !/disk-full|store-write-failed/.test(err))
        console.log(`      ${this.name}'s node ended with ${code}: ${err}`);
    });
    void this.#watch(await this.anotherClient());
    return this.client;
  }

  /** One more client of the running daemon, for events of one's own. */
  async anotherClient(): Promise<Client> {
    return createClient(await connectTo(this.#socket));
  }

  /** States only ever rise: what was delivered once is delivered after every crash. */
  async #watch(client: Client): Promise<void> {
    try {
      for await (const event of client.events({ types: ["message.state"] })) {
        if (event.type !== "message.state") continue;
        const { id, state, text } = event.message;
        if (state === "delivered" || state === "read") this.delivered.add(id);
        else if (this.delivered.has(id)) this.regressed.push(text);
      }
    } catch {
      // The daemon was killed before it took the subscription.
    }
  }

  /** kill -9, whatever the daemon does. */
  async kill(): Promise<void> {
    this.client = undefined;
    if (await this.daemon?.kill()) this.kills++;
  }

  async stop(): Promise<void> {
    this.client = undefined;
    await this.daemon?.stop();
  }

  /** The client of a daemon that must be there. */
  get node(): Client {
    assert.ok(this.client, `${this.name} has no running node`);
    return this.client;
  }

  contact(who: string): Promise<Contact> {
    return this.node.call("contact.show", { who }).then(({ contact }) => contact);
  }

  /** Every message with a contact, in the order of arrival. */
  async history(who: string): Promise<Message[]> {
    const found: Message[] = [];
    for (let after = 0; ; ) {
      const page = await this.node.call("history.list", { who, after, limit: PAGE });
      found.push(...page.messages);
      if (!page.moreAfter || page.last === undefined) return found;
      after = page.last;
    }
  }

  /** Resolves once `reached` says so; fails the test after `patience` ms. */
  async until(what: string, reached: () => Promise<boolean>, patience = 60_000): Promise<void> {
    const end = Date.now() + patience;
    while (!(await reached())) {
      assert.ok(
        Date.now() < end,
        `${this.name} timed out waiting for: ${what}\n${this.daemon?.err}`,
      );
      await sleep(100);
    }
  }
}

/** Pairs two users by a one-use invite of the first, and gives each the other's name. */
export async function pair(inviter: User, invitee: User, patience?: number): Promise<void> {
  const { link } = await inviter.node.call("invite.create", { kind: "once" });
  await invitee.node.call("contact.add", { link, as: inviter.name });
  await paired(inviter, invitee, patience);
}

export async function paired(a: User, b: User, patience?: number): Promise<void> {
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const)
    await one.until(
      `${other.name} is paired`,
      async () => {
        const { contacts } = await one.node.call("contact.list", {});
        return contacts.some((c) => c.name === other.name && c.pairing === "confirmed");
      },
      patience,
    );
}
