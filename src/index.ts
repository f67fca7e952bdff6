/**
 * Sotto for programs: talk to the node that runs on this machine (docs/BOTS.md).
 *
 * @example An echo bot, which answers messages as they arrive.
 * ```ts
 * import { connect } from "sotto";
 *
 * await using node = await connect({ reconnect: true });
 * for await (const { contact, text, id } of node.messages())
 *   await node.call("message.send", { who: contact, text, key: `echo ${id}` });
 * ```
 */
import { createNodeConnection, type NodeConnection, resolvePaths } from "./api/index.ts";
import type { SottoError } from "./base/index.ts";
import { connectTo, readEnvironment } from "./cli/index.ts";

export {
  type Account,
  type Bootstrap,
  type Contact,
  type EventFilter,
  type EventType,
  type FollowedEvent,
  type FollowedType,
  type Follower,
  type FollowOptions,
  follow,
  type Invite,
  type LiveEvent,
  type Message,
  type MessageState,
  type MethodName,
  type Methods,
  type NetState,
  type NewInvite,
  type NodeConnection,
  type NodeStatus,
  type Pairing,
  type Params,
  type Peer,
  type Reaction,
  type Result,
  type Scope,
  type Token,
} from "./api/index.ts";
export { displayLine, displayText, type ErrorCode, SottoError } from "./base/index.ts";

/**
 * Which node to connect to; by default the one that `sotto` itself would use, from the environment.
 */
export interface ConnectOptions {
  /** The home of the node, as in SOTTO_HOME. */
  readonly home?: string;
  /** The profile of the node, as in SOTTO_PROFILE. */
  readonly profile?: string;
  /** Path of the node's unix socket, as in SOTTO_SOCKET. */
  readonly socket?: string;
  /**
   * Whether loops and listeners go on when the node was restarted; off by default:
   * `node-not-running` ends them, and `node-locked` those of a durable subscription.
   */
  readonly reconnect?: boolean;
  /**
   * The secret of a token for `socket` (`sotto token create`): the connection can do what it allows
   * and nothing else.
   */
  readonly token?: string;
  /** Receives what ended the events of the listeners (`on`). */
  readonly onError?: (error: SottoError) => void;
}

/**
 * Connects to a running node. Close the connection when it is not needed any more, or declare it
 * with `await using`: it keeps the process alive. Throws `node-not-running`, `token-refused`,
 * `socket-path-too-long`, `config-invalid` (a bad profile name).
 */
export async function connect(options: ConnectOptions = {}): Promise<NodeConnection> {
  const around = readEnvironment();
  const env = {
    ...around.env,
    ...(options.home === undefined ? {} : { SOTTO_HOME: options.home }),
    ...(options.profile === undefined ? {} : { SOTTO_PROFILE: options.profile }),
    ...(options.socket === undefined ? {} : { SOTTO_SOCKET: options.socket }),
  };
  const { socket } = resolvePaths({ ...around, env });
  const { token, reconnect = false, onError } = options;
  return createNodeConnection({
    open: () => connectTo(socket),
    reconnect,
    ...(token !== undefined && {
      prepare: async (client) => {
        await client.call("connection.restrict", { token, for: "socket" });
      },
    }),
    ...(onError && { onError }),
  });
}
