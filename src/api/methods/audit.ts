/** Evidence for the security properties of the running node. */
import { flag, type Infer, list, object, oneOf, text, whole } from "../schema/fields.ts";
import { keyProtection } from "../schema/node.ts";
import { type MethodTypes, method, nothing } from "./method.ts";

const sought = oneOf(
  ["own name", "contact's name", "account id", "message text"],
  "A kind of plaintext that the scan searches for; the text itself is never reported.",
);
/** Kinds of plaintext that the scan searches for; their text is never reported. */
export type Sought = Infer<typeof sought>;

const scan = object({
  files: whole(),
  bytes: whole(),
  sought: list(object({ kind: sought, count: whole("How many of it were searched for.") })),
  found: list(
    object({ kind: sought, file: text("Relative to the home directory.") }),
    "Files in which plaintext was found.",
  ),
});
export type Scan = Infer<typeof scan>;

export const audit = object({
  version: text("The version of Sotto."),
  engine: text("The cryptographic libraries in use, with their versions."),
  protocols: list(text(), "Names of the protocols that this node answers."),
  relays: flag("One of them relays connections of others."),
  records: object({
    wanted: whole("Encrypted records that should be published."),
    held: whole("Those that DHT peers hold now."),
  }),
  protection: keyProtection,
  contacts: object({
    total: whole(),
    verified: list(text(), "Names of contacts whose safety number was compared."),
    links: whole(),
    sessions: whole(),
  }),
  history: flag("Messages are kept."),
  lastSeen: flag("The time of each contact's last connection is kept."),
  followers: whole("Durable subscriptions."),
  scan,
});
export type Audit = Infer<typeof audit>;

export const auditMethods = {
  "audit.show": method({
    row: "manage",
    summary: "Reads every file in the home directory and searches it for plaintext.",
    errors: [],
    params: nothing,
    result: audit,
    example: {},
  }),
};

export type AuditMethods = MethodTypes<typeof auditMethods>;
