/**
 * Nodes in memory, for tests of programs that use Sotto. They are real nodes which speak the real
 * protocols over the loopback interface; only the store is in memory.
 *
 * @example
 * ```ts
 * import { pair, startTestNode } from "sotto/testing";
 *
 * await using alice = await startTestNode("alice");
 * await using bob = await startTestNode("bob");
 * await pair(alice, bob);
 * await alice.node.call("message.send", { who: "bob", text: "hello", wait: "delivered" });
 * ```
 */
import { createNodeConnection, type NodeConnection } from "../api/index.ts";
import { hasCode, SottoError } from "../base/index.ts";
import { startMemoryNode } from "../daemon/index.ts";
import { connectedPair } from "./connected-pair.ts";

export type { NodeConnection } from "../api/index.ts";

export interface TestNode extends AsyncDisposable {
  /** A connection as `connect` gives one. */
  readonly node: NodeConnection;
  /** A further connection, for example one that restricts itself to a token. */
  connect(options?: { readonly token?: string }): Promise<NodeConnection>;
  /** Stops the node. Nothing of it is left. */
  stop(): Promise<void>;
}

/** Starts a node with a new account of this name. Throws `name-invalid`. */
export async function startTestNode(name: string): Promise<TestNode> {
  const memory = await startMemoryNode(name);
  const connect = ({ token }: { readonly token?: string } = {}): Promise<NodeConnection> =>
    createNodeConnection({
      reconnect: false,
      open: async () => {
        const { client, server } = connectedPair();
        memory.serve(server);
        return client;
      },
      ...(token !== undefined && {
        prepare: async (client) => {
          await client.call("connection.restrict", { token, for: "socket" });
        },
      }),
    });
  const node = await connect();
  const stop = async (): Promise<void> => {
    await node.close();
    await memory.stop();
  };
  return { node, connect, stop, [Symbol.asyncDispose]: stop };
}

/** How long a pairing over the loopback interface may take, ms. */
const PAIRING = 30_000;
/** The durable subscription by which the end of a pairing is not missed. */
const WATCH = { name: "sotto-testing" };

/** Makes two nodes each other's contacts. Throws `timed-out` if that fails. */
export async function pair(one: TestNode, other: TestNode): Promise<void> {
  const { account } = await other.node.call("account.show", {});
  await one.node.call("event.follow", { ...WATCH, types: ["contact.changed"] });
  try {
    const { link } = await one.node.call("invite.create", { hints: true, bootstrap: false });
    const { contact } = await other.node.call("contact.add", { link, wait: PAIRING });
    if (contact.pairing !== "confirmed" || !(await isConfirmed(one, account)))
      throw new SottoError("timed-out", "The two nodes did not pair.");
  } finally {
    await one.node.call("event.unfollow", WATCH);
  }
}

async function isConfirmed({ node }: TestNode, account: string): Promise<boolean> {
  let after: number | undefined;
  for (;;) {
    if (await isContact(node, account)) return true;
    const { events } = await node.call("event.read", { ...WATCH, after, wait: PAIRING });
    if (events.length === 0) return false;
    after = events.at(-1)?.cursor;
  }
}

/** Asks for the one contact: it may be on any page of the list. */
async function isContact(node: NodeConnection, account: string): Promise<boolean> {
  try {
    const { contact } = await node.call("contact.show", { who: account });
    return contact.pairing === "confirmed";
  } catch (error) {
    if (hasCode(error, "contact-unknown")) return false;
    throw error;
  }
}
