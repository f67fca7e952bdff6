/** The node and its account. */
import { object, only, optional, secret, text } from "../schema/fields.ts";
import { account, nodeState, nodeStatus } from "../schema/node.ts";
import { type MethodTypes, method, nothing } from "./method.ts";

const passphrase = object({ passphrase: optional(secret("If one protects the database key.")) });

export const nodeMethods = {
  "node.state": method({
    row: "every",
    summary: "The state of the node. Also answered by a locked node.",
    errors: [],
    params: nothing,
    result: nodeState,
    example: {},
  }),
  "node.status": method({
    row: "read",
    summary: "The state of the node, its network and its conversations.",
    errors: [],
    params: nothing,
    result: nodeStatus,
    example: {},
  }),
  "node.lock": method({
    row: "manage",
    summary:
      "Stops the network, closes the store and wipes its key; only the socket stays open. Fails " +
      "with `lock-refused` if the database key is in a file.",
    errors: ["lock-refused"],
    params: nothing,
    result: nodeState,
    example: {},
  }),
  "node.unlock": method({
    row: "admin",
    summary: "Unlocks a locked node.",
    errors: [
      "passphrase-needed",
      "passphrase-wrong",
      "store-in-use",
      "store-version",
      "keyring-damaged",
      "store-key-missing",
      "keychain-missing",
      "keychain-locked",
      "account-lost",
      "no-account",
      "port-in-use",
      "listen-failed",
      "network-key-invalid",
      "config-invalid",
    ],
    params: passphrase,
    result: nodeState,
    example: { passphrase: "several random words here" },
  }),
  "node.stop": method({
    row: "admin",
    summary: "Stops the node. The response is sent first.",
    errors: [],
    params: nothing,
    result: object({ stopping: only(true) }),
    example: {},
  }),
  "account.show": method({
    row: "read",
    limited: true,
    summary: "The account of this node.",
    errors: [],
    params: nothing,
    result: account,
    example: {},
  }),
  "account.words": method({
    row: "admin",
    summary: "The 24-word recovery phrase.",
    errors: ["passphrase-needed", "passphrase-wrong", "keyring-damaged"],
    params: passphrase,
    result: object({ words: text() }),
    example: { passphrase: "several random words here" },
  }),
};

export type NodeMethods = MethodTypes<typeof nodeMethods>;
