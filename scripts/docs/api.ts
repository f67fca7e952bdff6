/**
 * Methods, events and views in docs/API.md, from the OpenRPC document of the API and the recorded
 * answers of real nodes (api-examples.json).
 */
import { readFileSync } from "node:fs";
import { generalErrors, methods, openRpc } from "../../src/api/contract.ts";
import { eventTypes, type JsonSchema, type OpenRpc } from "../../src/api/index.ts";
import type { Method } from "../../src/api/methods/method.ts";
import { limits } from "../../src/base/index.ts";
import type { Examples } from "../../test/e2e/api/scenario.ts";
import { table } from "./generated.ts";
import { packedJson } from "./packed-json.ts";

export async function apiPart(): Promise<string> {
  const document = await openRpc();
  const examples = JSON.parse(
    readFileSync(new URL("./api-examples.json", import.meta.url), "utf8"),
  ) as Examples;
  return [
    `This is version ${document.info.version} of the API.`,
    ...["", "## Limits", ""],
    ...table(["what", "at most", "beyond it"], limitRows),
    ...["", "## Methods", ""],
    "Every method may answer one of these errors, besides those that it lists itself:",
    `${generalErrors.map(codeText).join(", ")}.`,
    "",
    ...table(
      ["method", "row", "what it does"],
      document.methods.map(({ name, tags, summary }) => [
        `[\`${name}\`](#${anchor(name)})`,
        tags[0]?.name ?? "",
        firstSentence(summary),
      ]),
    ),
    ...document.methods.flatMap((method) => methodLines(method, examples)),
    ...["", "## Event types", ""],
    "Every event has `type`. An event of a durable subscription also has its `cursor`, and so has a",
    "live one while there is a durable subscription. Live events have a `streamCursor`, except",
    "`node.state`, `net.changed` and `stream.ended`.",
    ...eventTypes.flatMap((type) => eventLines(type, document, examples)),
    ...["", "## Refusals", "", "What the node answers to these lines:"],
    ...examples.errors.flatMap(({ request, response }) => [
      ...["", "```json", request, ...packedJson(response), "```"],
    ]),
    ...["", "## Views"],
    ...Object.entries(document.components.schemas)
      .filter(([name]) => !/Event$/.test(name))
      .flatMap(([name, schema]) => ["", `### ${viewHeading(name)}`, "", ...fieldTable(schema)]),
  ].join("\n");
}

const codeText = (code: string) => `[\`${code}\`](ERRORS.md)`;

const mib = (bytes: number) => `${bytes / 1024 / 1024} MiB`;

const limitRows: readonly (readonly [string, string, string])[] = [
  ["characters of a request", String(limits.rpcBytes), "`request-malformed`"],
  ["characters of a page in a response", String(limits.rpcBytes), "the page is cut, with `more`"],
  ["connections", String(limits.apiConnections), "closed at once"],
  ["running calls of a connection", String(limits.apiCalls), "further ones wait"],
  [
    "responses and events that a client leaves unread",
    mib(limits.apiBacklogBytes),
    "the connection is closed",
  ],
  [
    "events that wait for a slow client",
    `${limits.eventQueue}, ${mib(limits.eventQueueCharacters)}`,
    "the subscription ends: `stream.ended`, `too-slow`",
  ],
  [
    "latest events in memory, for `since`",
    `${limits.eventRing}, ${mib(limits.eventRingCharacters)}`,
    "the oldest are dropped: `resync`",
  ],
  ["messages or events of a page", String(limits.pageMessages), "`params-invalid`"],
  ["a wait, ms", String(limits.apiWait), "`params-invalid`"],
  ["durable subscriptions", String(limits.followers), "`too-many-followers`"],
  ["events kept for them", String(limits.eventLog), "the oldest are dropped: `resync`"],
];

const LIMITED = " Also with a token that is limited to some contacts, and for these only.";

/** GitHub's anchor of a heading. */
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\w -]/g, "")
    .replaceAll(" ", "-");

/** Not the name alone, which would have the anchor of a method such as node.state. */
const viewHeading = (name: string) => `${name} view`;

const firstSentence = (text: string) => text.replace(/(?<=[.;:]) .*$/s, "").replace(/[;:]$/, ".");

function methodLines(
  { name, summary, tags, params, errors, result }: OpenRpc["methods"][number],
  { results }: Examples,
): string[] {
  const { example, limited } = methods[name as keyof typeof methods] as Method<object>;
  const recorded = results[name as keyof typeof methods];
  if (recorded === undefined) throw new Error(`no recorded result of ${name}`);
  const request = { jsonrpc: "2.0", id: 1, method: name, params: example };
  return [
    ...[
      "",
      `### ${name}`,
      "",
      summary,
      "",
      `Row of scopes: ${tags[0]?.name}.${limited ? LIMITED : ""}`,
    ],
    ...(params.length === 0 ? ["", "No parameters."] : ["", ...parameterTable(params)]),
    ...["", ...resultLines(result.schema)],
    ...(errors.length === 0
      ? []
      : ["", `Errors: ${errors.map(({ message }) => codeText(message)).join(", ")}.`]),
    ...["", "```json", ...packedJson(request)],
    ...[...packedJson({ jsonrpc: "2.0", id: 1, result: recorded }), "```"],
  ];
}

function parameterTable(params: OpenRpc["methods"][number]["params"]): readonly string[] {
  return table(
    ["parameter", "type", ""],
    params.map(({ name, required, schema, description = "" }) => [
      `\`${name}\`${required ? "" : " (optional)"}`,
      typeOf(schema),
      description,
    ]),
  );
}

function resultLines(schema: JsonSchema): readonly string[] {
  if (schema.$ref !== undefined) return [`Result: ${typeOf(schema)}.`];
  if (Object.keys(schema.properties ?? {}).length > 0) return fieldTable(schema, "result");
  return [schema.description === undefined ? "Result: `{}`." : `Result: ${schema.description}`];
}

function eventLines(type: string, { components }: OpenRpc, { events }: Examples): string[] {
  const schema = components.schemas.Event?.oneOf?.find(
    ({ properties }) => properties?.type?.const === type,
  );
  const recorded = events[type as keyof Examples["events"]];
  if (schema === undefined || recorded === undefined) throw new Error(`no example of ${type}`);
  const { type: _, cursor, streamCursor: __, ...fields } = schema.properties ?? {};
  const follows = cursor === undefined ? " Not kept for durable subscriptions." : "";
  return [
    ...["", `### ${type}`, "", `${schema.description}${follows}`, ""],
    ...fieldTable({ ...schema, properties: fields }),
    ...["", "```json"],
    ...[...packedJson({ jsonrpc: "2.0", method: "event", params: recorded }), "```"],
  ];
}

/** Every field of an object, those of objects inside it with their path. */
function fieldTable(schema: JsonSchema, head = "field"): readonly string[] {
  return table([head, "type", ""], fieldRows(schema));
}

function fieldRows({ properties = {}, required = [] }: JsonSchema, path = ""): string[][] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const at = `${path}${name}`;
    const inner = field.items ?? field;
    const nested = inner.properties === undefined ? [] : fieldRows(inner, innerPath(at, field));
    const optional = required.includes(name) ? "" : " (optional)";
    return [[`\`${at}\`${optional}`, typeOf(field), field.description ?? ""], ...nested];
  });
}

const innerPath = (at: string, field: JsonSchema) => (field.items ? `${at}[].` : `${at}.`);

/** The type of a field in words. */
function typeOf(schema: JsonSchema): string {
  const { $ref, type, items, oneOf, minimum, maximum, maxLength } = schema;
  if ($ref !== undefined) {
    const name = $ref.split("/").at(-1) ?? "";
    const place = name === "FollowedEvent" ? "event-types" : anchor(viewHeading(name));
    return `[${name}](#${place})`;
  }
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return wordsOf(schema.enum);
  if (items !== undefined) return `list of ${typeOf(items)}`;
  if (oneOf !== undefined) return oneOf.map(shapeOf).join(" or ");
  if (type === "integer") {
    const most = maximum === Number.MAX_SAFE_INTEGER ? "" : `, at most ${maximum}`;
    const least = minimum === 0 || minimum === undefined ? "" : `, at least ${minimum}`;
    return `whole number${least}${most}`;
  }
  if (type === "string" && maxLength !== undefined) return `string of at most ${maxLength}`;
  return type ?? "any";
}

/** Many words, such as the findings of the doctor, are in the OpenRPC document only. */
const wordsOf = (words: readonly string[]): string =>
  words.length > 16 ? "string" : words.map((word) => `\`${JSON.stringify(word)}\``).join(", ");

/** An object in one line. */
function shapeOf({ properties = {} }: JsonSchema): string {
  const fields = Object.entries(properties).map(([name, field]) => `${name}: ${typeOf(field)}`);
  return `{ ${fields.join("; ")} }`;
}
