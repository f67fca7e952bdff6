/** The context of a command: paths, output, and the connection to the node. */
import type { Command } from "commander";
import {
  type Client,
  createClient,
  type Environment,
  type MethodName,
  type Params,
  type Paths,
  type Result,
  resolvePaths,
} from "../../api/index.ts";
import { SottoError } from "../../base/index.ts";
import { connectTo } from "./connect.ts";
import { allContacts } from "./lists.ts";
import type { Printer } from "./print.ts";
import { suggestedContact } from "./suggest.ts";

export interface Context {
  readonly environment: Environment;
  readonly paths: Paths;
  readonly out: Printer;
  /** Whether the user can be prompted. */
  readonly interactive: boolean;
  /**
   * The running node, connected once, and again after the connection was closed. Throws
   * `node-not-running`.
   */
  node(): Promise<Client>;
  /** The running node, or `undefined` if none runs. */
  nodeIfAny(): Promise<Client | undefined>;
  /**
   * Calls the running node; the error of an unknown contact suggests the most similar name.
   */
  call<Name extends MethodName>(method: Name, params: Params<Name>): Promise<Result<Name>>;
  /** Sets the exit code of a command that prints its own errors. */
  exit(code: number): void;
  /** The exit code that was set, 0 otherwise. */
  exitCode(): number;
}

export interface Running extends Context {
  close(): Promise<void>;
}

export function createContext(
  environment: Environment,
  out: Printer,
  interactive: boolean,
): Running {
  let client: Promise<Client> | undefined;
  let paths: Paths | undefined;
  let code = 0;
  const context: Running = {
    environment,
    out,
    interactive,
    get paths() {
      paths ??= resolvePaths(environment);
      return paths;
    },
    node() {
      client ??= connect(context.paths.socket, () => {
        client = undefined;
      });
      return client;
    },
    async nodeIfAny() {
      try {
        return await context.node();
      } catch (error) {
        if (error instanceof SottoError && error.code === "node-not-running") return undefined;
        throw error;
      }
    },
    async call(method, params) {
      return suggesting(await context.node()).call(method, params);
    },
    exit(value) {
      code = value;
    },
    exitCode: () => code,
    async close() {
      const open = await client?.catch(() => undefined);
      open?.close();
    },
  };
  return context;
}

/** @param lost called when the connection fails or is closed. */
async function connect(socket: string, lost: () => void): Promise<Client> {
  try {
    const connection = await connectTo(socket);
    const onClose = (closed: () => void) =>
      connection.onClose(() => {
        lost();
        closed();
      });
    return createClient({ ...connection, onClose });
  } catch (error) {
    lost();
    throw error;
  }
}

/** What answers calls: a running node, or the store without one. */
export type Callable = Pick<Client, "call">;

/** Calls `node`; the error of an unknown contact suggests the most similar name. */
export function suggesting(node: Callable): Callable {
  return {
    async call(method, params) {
      try {
        return await node.call(method, params);
      } catch (error) {
        throw await withSuggestion(node, params, error);
      }
    },
  };
}

async function withSuggestion(node: Callable, params: unknown, error: unknown): Promise<unknown> {
  const unknown = error instanceof SottoError && error.code === "contact-unknown";
  const { who } = params as { readonly who?: unknown };
  if (!unknown || typeof who !== "string") return error;
  const meant = suggestedContact(who, await allContacts(node));
  if (meant === undefined) return error;
  return new SottoError("contact-unknown", `${error.message} Did you mean ${meant}?`);
}

/** Adds the arguments, options and action of a command; exported by its file as `define`. */
export type Define = (command: Command, context: Context) => void;
