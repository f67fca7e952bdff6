/**
 * A node as a program uses it: calls, and events for any number of loops and listeners, over one
 * connection that is made again when the node was restarted or unlocked.
 */
import { backoffDelay, hasCode, limits, never, SottoError } from "../base/index.ts";
import { type Client, createClient } from "./client.ts";
import type { Connection } from "./connection.ts";
import { type EventType, type NodeEvent, refOf } from "./events.ts";
import { type FollowOptions, follow } from "./follow.ts";
import type { MethodName, Params, Result } from "./methods.ts";
import type { FollowedEvent } from "./schema/event.ts";
import type { Message } from "./views.ts";

/**
 * An event, or `resync`: the connection was made again, and events were missed in between, so that
 * a program which shows something reads it again.
 */
export type LiveEvent = Exclude<NodeEvent, { type: "stream.ended" }>;

export interface EventFilter {
  /** Only events about this contact. */
  readonly from?: string;
  /** Only these types; `resync` always comes. */
  readonly types?: readonly EventType[];
}

export interface NodeConnection extends AsyncDisposable {
  /**
   * Calls a method. Connects again first if the connection was lost; a call that is under way then
   * fails as `node-not-running`, since the node may have acted on it. Throws the `SottoError` of
   * the response.
   */
  call<Name extends MethodName>(method: Name, params: Params<Name>): Promise<Result<Name>>;
  /**
   * Events from now on. A lock of the node ends no loop: `node.state` reports it, and `resync` the
   * unlock. Without `reconnect` the loop throws `node-not-running` when the node stops; with it
   * the events go on where they were, or after a `resync` where the node does not have them any
   * more (it was restarted, or the outage was long).
   */
  events(filter?: EventFilter): AsyncGenerator<LiveEvent, void>;
  /**
   * Messages that contacts send from now on. What arrives while the program does not run is missed:
   * `follow` has it.
   */
  messages(filter?: Pick<EventFilter, "from">): AsyncGenerator<Message, void>;
  /**
   * Calls the listener for each event of a type from now on. Returns the function that ends this.
   * What ends the events is passed to `onError` of the options, once. What a listener throws is an
   * uncaught exception of the process, as of any other callback, and ends nothing else.
   */
  on<Type extends LiveEvent["type"]>(
    type: Type,
    listener: (event: Extract<LiveEvent, { type: Type }>) => void,
  ): () => void;
  /** A durable subscription: see `follow`. With `reconnect` it goes on after an outage. */
  follow(name: string, options?: FollowOptions): AsyncGenerator<FollowedEvent, void>;
  /**
   * Ends every loop, and the connection once the calls that are under way have their answers, after
   * 2 s at the latest: a program that stops while it answers a message knows what became of it.
   */
  close(): Promise<void>;
}

export interface NodeConnectionOptions {
  /** Connects once; it is called again for each reconnection. Throws `node-not-running`. */
  readonly open: () => Promise<Connection>;
  /** Whether loops and listeners go on when the node was restarted or unlocked. */
  readonly reconnect: boolean;
  /** Prepares each connection before anything else is called on it. */
  readonly prepare?: (client: Client) => Promise<void>;
  /** Receives what ended the events of the listeners. */
  readonly onError?: (error: SottoError) => void;
}

/** Delays between two attempts to connect. */
const RETRY = { min: 250, max: 10_000 };

/** Connects to a node. Throws what `open` and `prepare` throw. */
export async function createNodeConnection(
  options: NodeConnectionOptions,
): Promise<NodeConnection> {
  const node = new Connected(options);
  await node.client();
  return node;
}

/** How long calls that are under way have for their answers when the connection is closed, ms. */
const CLOSE_GRACE = 2_000;

/** One reader of events: a loop or a listener. */
interface Reader {
  readonly take: (event: LiveEvent) => void;
  readonly fail: (error: SottoError) => void;
}

class Connected implements NodeConnection {
  readonly #options: NodeConnectionOptions;
  readonly #readers = new Set<Reader>();
  #client: Promise<Client> | undefined;
  /** Set while events of the node are read for all readers. */
  #reading = false;
  #closed = false;
  /** Calls of the program that have no answer yet. */
  readonly #calls = new Set<Promise<unknown>>();
  /** Each ends a present delay. */
  readonly #delays = new Set<() => void>();

  constructor(options: NodeConnectionOptions) {
    this.#options = options;
  }

  /** The present client, or a new one. */
  client(): Promise<Client> {
    if (this.#closed) return Promise.reject(closedHere());
    if (this.#client !== undefined) return this.#client;
    // A connection that was replaced may close later than its successor is made.
    const client: Promise<Client> = this.#connect(() => {
      if (this.#client === client) this.#client = undefined;
    });
    this.#client = client;
    return client;
  }

  /** @param forget is called when the connection is lost, or there is none. */
  async #connect(forget: () => void): Promise<Client> {
    const { open, prepare, reconnect } = this.#options;
    let client: Client | undefined;
    try {
      const connection = await open();
      client = createClient({
        ...connection,
        onClose: (closed) =>
          connection.onClose(() => {
            if (reconnect) forget();
            closed();
          }),
      });
      await prepare?.(client);
      if (this.#closed) client.close();
      return client;
    } catch (error) {
      client?.close();
      forget();
      throw error;
    }
  }

  async call<Name extends MethodName>(method: Name, params: Params<Name>): Promise<Result<Name>> {
    const client = await this.client();
    const answer = client.call(method, params);
    this.#calls.add(answer);
    try {
      return await answer;
    } finally {
      this.#calls.delete(answer);
    }
  }

  async *events({ from, types }: EventFilter = {}): AsyncGenerator<LiveEvent, void> {
    const account =
      from === undefined
        ? undefined
        : (await this.call("contact.show", { who: from })).contact.account;
    const kinds = types && new Set<string>(types);
    const wants = (event: LiveEvent): boolean =>
      event.type === "resync" ||
      ((kinds === undefined || kinds.has(event.type)) &&
        (account === undefined || refOf(event) === account));
    const queue: LiveEvent[] = [];
    let failure: SottoError | undefined;
    let ring = (): void => undefined;
    const reader: Reader = {
      take: (event) => {
        if (!wants(event)) return;
        // A reader that is this far behind reads again what it shows.
        if (queue.length >= limits.eventQueue) queue.splice(0, queue.length, { type: "resync" });
        else queue.push(event);
        ring();
      },
      fail: (error) => {
        failure = error;
        ring();
      },
    };
    this.#add(reader);
    try {
      for (;;) {
        const event = queue.shift();
        if (event !== undefined) yield event;
        else if (failure !== undefined && this.#closed) return;
        else if (failure !== undefined) throw failure;
        else await new Promise<void>((resolve) => (ring = resolve));
      }
    } finally {
      this.#readers.delete(reader);
    }
  }

  async *messages(filter: Pick<EventFilter, "from"> = {}): AsyncGenerator<Message, void> {
    for await (const event of this.events({ ...filter, types: ["message.new"] }))
      if (event.type === "message.new" && isTextOfContact(event.message)) yield event.message;
  }

  on<Type extends LiveEvent["type"]>(
    type: Type,
    listener: (event: Extract<LiveEvent, { type: Type }>) => void,
  ): () => void {
    const reader: Reader = {
      take: (event) => {
        if (event.type === type)
          guarded(() => listener(event as Extract<LiveEvent, { type: Type }>));
      },
      fail: (error) => {
        if (!this.#closed) guarded(() => this.#options.onError?.(error));
      },
    };
    this.#add(reader);
    return () => void this.#readers.delete(reader);
  }

  async *follow(name: string, options: FollowOptions = {}): AsyncGenerator<FollowedEvent, void> {
    let { after } = options;
    for (let attempt = 0; ; attempt++) {
      try {
        for await (const event of follow(await this.client(), name, { ...options, after })) {
          attempt = 0;
          yield event;
          after = event.cursor;
        }
      } catch (error) {
        if (this.#closed) return;
        if (!this.#survives(error)) throw error;
      }
      await this.#delay(attempt);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const end of this.#delays) end();
    for (const reader of this.#readers) reader.fail(closedHere());
    const client = await this.#client?.catch(() => undefined);
    await settledOrLate(this.#calls);
    client?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #add(reader: Reader): void {
    this.#readers.add(reader);
    if (!this.#reading) void this.#read();
  }

  /** Reads events for all readers until they fail. */
  async #read(): Promise<void> {
    this.#reading = true;
    /** Of the last event. */
    let since: string | undefined;
    for (let attempt = 0, again = false; ; attempt++) {
      try {
        const client = await this.client();
        const begun = ({ streamCursor }: Result<"event.subscribe">) => {
          attempt = 0;
          // What happened before the first subscription.
          if (again && since === undefined) this.#give({ type: "resync" });
          since = streamCursor;
          again = true;
        };
        for await (const event of client.events({ since }, begun)) {
          if (event.type === "stream.ended") throw endOf(event.why);
          since = event.streamCursor ?? since;
          this.#give(event);
        }
        throw lost();
      } catch (error) {
        if (this.#closed || !this.#survives(error)) {
          this.#reading = false;
          const failure = error instanceof SottoError ? error : lost();
          const readers = [...this.#readers];
          // Before they learn of it: one may begin again.
          this.#readers.clear();
          for (const reader of readers) reader.fail(failure);
          return;
        }
        again = true;
      }
      await this.#delay(attempt);
    }
  }

  #give(event: LiveEvent): void {
    for (const reader of [...this.#readers]) reader.take(event);
  }

  /** Whether reading goes on after an error: the node may be there again later. */
  #survives(error: unknown): boolean {
    return (
      this.#options.reconnect &&
      hasCode(error, "node-not-running", "node-locked", "store-closed", "timed-out")
    );
  }

  #delay(attempt: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed) return resolve();
      const end = (): void => {
        clearTimeout(timer);
        this.#delays.delete(end);
        resolve();
      };
      const timer = setTimeout(end, backoffDelay(RETRY, attempt, Math.random()));
      this.#delays.add(end);
    });
  }
}

/** Calls a function of the program, whose error must not end the loops of others. */
function guarded(call: () => void): void {
  try {
    call();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}

function isTextOfContact({ direction, notice }: Message): boolean {
  return direction === "in" && notice === undefined;
}

const lost = () => new SottoError("node-not-running", "The connection to the node was lost.");
/** Resolves once all have settled, or after `CLOSE_GRACE`. */
async function settledOrLate(calls: Iterable<Promise<unknown>>): Promise<void> {
  let late = (): void => undefined;
  const timer = setTimeout(() => late(), CLOSE_GRACE);
  await Promise.race([
    Promise.allSettled(calls),
    new Promise<void>((resolve) => {
      late = resolve;
    }),
  ]);
  clearTimeout(timer);
}

const closedHere = () => new SottoError("node-not-running", "This connection was closed.");

type EndReason = Extract<NodeEvent, { type: "stream.ended" }>["why"];

/** The error for the last event of a stream. */
export function endOf(why: EndReason): SottoError {
  switch (why) {
    case "too-slow":
      return new SottoError("timed-out", "This listener was too slow and was disconnected.");
    case "revoked":
      return new SottoError("token-refused", "The token of this listener was revoked.");
    case "stopping":
      return new SottoError("node-not-running", "The node was stopped.");
    default:
      return never(why);
  }
}
