/**
 * Sotto for programs: talk to the node that runs on this machine.
 *
 * @example An echo bot, which answers every message, also those that came while it was away.
 * ```ts
 * import { connect, follow } from "sotto";
 *
 * const node = await connect();
 * for await (const event of follow(node, "echo", { types: ["message.new"] })) {
 *   if (event.type !== "message.new" || event.message.direction !== "in") continue;
 *   const { contact, text, id } = event.message;
 *   await node.call("message.send", { who: contact, text, key: `echo ${id}` });
 * }
 * ```
 */
import { type Client, createClient, resolvePaths } from "./api/index.ts";
import { connectTo, readEnvironment } from "./cli/index.ts";

export {
  type Account,
  type Bootstrap,
  type Client,
  type Contact,
  type EventType,
  type FollowedEvent,
  type FollowedType,
  type Follower,
  type FollowOptions,
  follow,
  type Invite,
  type Message,
  type MessageState,
  type MethodName,
  type Methods,
  type NewInvite,
  type NodeEvent,
  type NodeStatus,
  type Pairing,
  type Params,
  type Peer,
  type Reaction,
  type Result,
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
}

/**
 * Connects to a running node. Close the client when it is not needed any more: it keeps the process
 * alive. Throws `node-not-running`, `socket-path-too-long`, `config-invalid` (a bad profile name).
 */
export async function connect(options: ConnectOptions = {}): Promise<Client> {
  const around = readEnvironment();
  const env = {
    ...around.env,
    ...(options.home === undefined ? {} : { SOTTO_HOME: options.home }),
    ...(options.profile === undefined ? {} : { SOTTO_PROFILE: options.profile }),
    ...(options.socket === undefined ? {} : { SOTTO_SOCKET: options.socket }),
  };
  const { socket } = resolvePaths({ ...around, env });
  return createClient(await connectTo(socket));
}
