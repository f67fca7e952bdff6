/** The contract as an OpenRPC 1.3 document (spec.open-rpc.org), made from the table of methods. */

import type { ErrorCode } from "../base/index.ts";
import { numberOf } from "./errors.ts";
import { audit } from "./methods/audit.ts";
import { doctorOfContact, doctorOfNode } from "./methods/doctor.ts";
import { sendResult } from "./methods/message.ts";
import type { Method } from "./methods/method.ts";
import { methods } from "./methods.ts";
import { contact, invite, newInvite } from "./schema/contact.ts";
import { conversation, draft } from "./schema/conversation.ts";
import { followedEvent, follower, nodeEvent } from "./schema/event.ts";
import type { Schema } from "./schema/fields.ts";
import { message } from "./schema/message.ts";
import {
  account,
  knownBootstrap,
  netState,
  nodeState,
  nodeStatus,
  peer,
  reach,
  storeReport,
} from "./schema/node.ts";
import { token } from "./schema/token.ts";
import { apiVersion } from "./version.ts";

/** JSON Schema of draft 7, as far as the schemas of the contract need it. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly description?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false;
  readonly items?: JsonSchema;
  readonly enum?: readonly string[];
  readonly const?: string | number | boolean;
  readonly oneOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

/** A parameter or a result of the document. */
interface ContentDescriptor {
  readonly name: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly schema: JsonSchema;
}

interface OpenRpcMethod {
  readonly name: string;
  readonly summary: string;
  /** The row of scopes that the method is in. */
  readonly tags: readonly { readonly name: string }[];
  /** The errors of this method, by their codes in `data.code`; docs/API.md has the general ones. */
  readonly errors: readonly { readonly code: number; readonly message: ErrorCode }[];
  readonly paramStructure: "by-name";
  readonly params: readonly ContentDescriptor[];
  readonly result: ContentDescriptor;
}

export interface OpenRpc {
  readonly openrpc: "1.3.2";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly name: string; readonly url: string }[];
  readonly methods: readonly OpenRpcMethod[];
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
  /** The notifications of the server, which OpenRPC has no place for. */
  readonly "x-notifications": readonly { readonly name: string; readonly params: JsonSchema }[];
}

/** The schemas that have a name in the document. */
const components: Readonly<Record<string, Schema>> = {
  Contact: contact,
  Conversation: conversation,
  Draft: draft,
  Message: message,
  SendResult: sendResult,
  Invite: invite,
  NewInvite: newInvite,
  Event: nodeEvent,
  FollowedEvent: followedEvent,
  Follower: follower,
  Account: account,
  NodeState: nodeState,
  NodeStatus: nodeStatus,
  NetState: netState,
  Reach: reach,
  Peer: peer,
  Bootstrap: knownBootstrap,
  StoreReport: storeReport,
  DoctorOfNode: doctorOfNode,
  DoctorOfContact: doctorOfContact,
  Audit: audit,
  Token: token,
};

const refTo = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

/** The document. Loads the converter of schemas, which nothing else needs. */
export async function openRpc(): Promise<OpenRpc> {
  const { toJsonSchemaDefs } = await import("@valibot/to-json-schema");
  const table = Object.entries<Method>(methods);
  const ofMethods = table.flatMap(([name, { params, result }]) => [
    [`${name} params`, params] as const,
    [`${name} result`, result] as const,
  ]);
  // The components come last: one that is a result, too, is referred to by its own name.
  const schemas = { ...Object.fromEntries(ofMethods), ...components };
  const converted = toJsonSchemaDefs(schemas as Parameters<typeof toJsonSchemaDefs>[0], {
    overrideRef: ({ referenceId }) => refTo(referenceId).$ref,
  }) as Readonly<Record<string, JsonSchema>>;
  const named = new Map(Object.entries(components).map(([name, schema]) => [schema, name]));
  const resultOf = (name: string, schema: Schema): JsonSchema => {
    const known = named.get(schema);
    return known === undefined ? open(converted[`${name} result`] ?? {}) : refTo(known);
  };

  return {
    openrpc: "1.3.2",
    info: {
      title: "Sotto",
      version: apiVersion,
      description:
        "The API of a Sotto node: JSON-RPC 2.0, one object per line, over the unix socket of the " +
        "node. docs/API.md describes the transport, errors, events and versions.",
    },
    servers: [{ name: "the unix socket of the node", url: "unix:sotto.sock" }],
    methods: table.map(([name, { row, summary, errors, result }]) => ({
      name,
      summary,
      tags: [{ name: row }],
      errors: errors.map((code) => ({ code: numberOf(code), message: code })),
      paramStructure: "by-name",
      params: fieldsOf(converted[`${name} params`] ?? {}),
      result: { name: "result", schema: resultOf(name, result) },
    })),
    components: {
      schemas: Object.fromEntries(
        Object.keys(components).map((name) => [name, open(converted[name] ?? {})]),
      ),
    },
    "x-notifications": [{ name: "event", params: refTo("Event") }],
  };
}

/** The fields of the parameters, each as a parameter by name. */
function fieldsOf({ properties = {}, required = [] }: JsonSchema): ContentDescriptor[] {
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    ...(description !== undefined && { description }),
    required: required.includes(name),
    schema,
  }));
}

/** The schema without the ban of other fields: a later version may add fields to a result. */
function open(schema: JsonSchema): JsonSchema {
  const { additionalProperties: _, properties, items, oneOf, ...rest } = schema;
  return {
    ...rest,
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, each]) => [name, open(each)]),
      ),
    }),
    ...(items !== undefined && { items: open(items) }),
    ...(oneOf !== undefined && { oneOf: oneOf.map(open) }),
  };
}
