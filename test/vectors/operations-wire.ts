/** Operations of the vectors: bytes on the wire (docs/WIRE.md). */
import { equal, fromBase32, toBase32 } from "../../src/base/index.ts";
import { decodePosition, encodePosition } from "../../src/messenger/model/session-position.ts";
import { checksum } from "../../src/wire/crc32.ts";
import {
  add,
  type Body,
  type Content,
  cleanName,
  decodeAnswerBody,
  decodeContent,
  decodeHandshakePayload,
  decodeHelloBody,
  decodeLinkFrame,
  encodeAnswerBody,
  encodeContent,
  encodeFrame,
  encodeHandshakePayload,
  encodeHelloBody,
  encodeInvite,
  encodeLinkFrame,
  FrameDecoder,
  type HandshakePayload,
  type Invite,
  type Message,
  parseInvite,
  raise,
  type Settings,
} from "../../src/wire/index.ts";
import {
  bytes,
  type Fields,
  fields,
  type Json,
  list,
  number,
  type Operation,
  only,
  plain,
  refusedAlone,
  spelled,
  text,
} from "./notation.ts";

/** What was decoded, once it encodes to the very same bytes again. */
function both(value: unknown, given: Uint8Array, again: () => Uint8Array): Json {
  if (value === undefined) return refusedAlone;
  if (!equal(again(), given)) throw new Error("what was decoded encodes to other bytes");
  return plain(value);
}

function decode(given: Fields): Json {
  const decoder = new FrameDecoder();
  const payloads: Uint8Array[] = [];
  for (const chunk of list(given, "chunks")) {
    const pushed = decoder.push(spelled(String(chunk)));
    if (pushed.kind === "refused") return { refused: pushed.why };
    payloads.push(...pushed.frames);
  }
  return { payloads: plain(payloads), pending: decoder.pending };
}

const setOf = (given: Fields) => ({ upTo: number(given, "upTo"), bits: bytes(given, "bits") });

function messageOf(given: Fields): Message {
  return {
    id: bytes(given, "id"),
    sequence: number(given, "sequence"),
    settled: number(given, "settled"),
    lamport: number(given, "lamport"),
    parents: list(given, "parents").map((parent) => spelled(String(parent))),
    sentAt: number(given, "sentAt"),
    body: bodyOf(fields(given.body)),
  };
}

function bodyOf(given: Fields): Body {
  const kind = only(given, "kind", [
    ...(["text", "edit", "delete", "reaction", "timer", "hosts"] as const),
    ...(["groupInvite", "groupJoin", "groupWelcome"] as const),
  ]);
  switch (kind) {
    case "text":
      return {
        kind,
        text: text(given, "text"),
        ...("replyTo" in given && { replyTo: bytes(given, "replyTo") }),
        ...("keep" in given && { keep: number(given, "keep") }),
      };
    case "edit":
      return { kind, target: bytes(given, "target"), text: text(given, "text") };
    case "delete":
      return { kind, target: bytes(given, "target") };
    case "reaction":
      return { kind, target: bytes(given, "target"), emoji: text(given, "emoji") };
    case "hosts":
      return { kind, hosts: list(given, "hosts").map(String) };
    case "groupInvite":
      return {
        ...{ kind, group: bytes(given, "group"), name: text(given, "name") },
        ...{ members: number(given, "members"), founder: bytes(given, "founder") },
        expires: number(given, "expires"),
      };
    case "groupJoin":
      return { kind, group: bytes(given, "group") };
    case "groupWelcome":
      return {
        ...{ kind, group: bytes(given, "group"), lamport: number(given, "lamport") },
        heads: list(given, "heads").map((head) => spelled(String(head))),
      };
    default:
      return { kind, ms: number(given, "ms") };
  }
}

function settingsOf(given: Fields): Settings {
  const timer = given.timer === undefined ? undefined : fields(given.timer);
  return {
    lamport: number(given, "lamport"),
    ...(timer && {
      timer: {
        ms: number(timer, "ms"),
        lamport: number(timer, "lamport"),
        id: bytes(timer, "id"),
        own: number(timer, "own"),
      },
    }),
    addresses: list(given, "addresses").map(String),
    ...("groupKey" in given && { groupKey: bytes(given, "groupKey") }),
  };
}

function contentOf({ message, ack, typing, settings }: Fields): Content {
  return {
    ...(settings && { settings: settingsOf(fields(settings)) }),
    ...(typing === true && { typing }),
    ...(message && { message: messageOf(fields(message)) }),
    ...(ack && { ack: { ...setOf(fields(ack)), readUpTo: number(fields(ack), "readUpTo") } }),
  };
}

function payloadOf(given: Fields): HandshakePayload {
  return {
    certificate: bytes(given, "certificate"),
    name: text(given, "name"),
    capabilities: number(given, "capabilities"),
    madeAt: number(given, "madeAt"),
    stream: bytes(given, "stream"),
  };
}

function inviteOf(given: Fields): Invite {
  return {
    kind: only(given, "kind", ["once", "reusable"]),
    account: bytes(given, "account"),
    secret: bytes(given, "secret"),
    expiresAt: number(given, "expiresAt"),
    hints: list(given, "hints").map(String),
  };
}

export const wireOperations: Readonly<Record<string, Operation>> = {
  "frame.encode": (_, given) => plain({ frame: encodeFrame(bytes(given, "payload")) }),
  "frame.decode": (_, given) => decode(given),
  "link-frame.decode": (_, given) => {
    const payload = bytes(given, "payload");
    const frame = decodeLinkFrame(payload);
    return both(frame, payload, () => (frame ? encodeLinkFrame(frame) : payload));
  },
  "hello-body.decode": (_, given) => {
    const body = decodeHelloBody(bytes(given, "body"));
    return both(body, bytes(given, "body"), () => (body ? encodeHelloBody(body) : body ?? new Uint8Array()));
  },
  "answer-body.decode": (_, given) => {
    const body = decodeAnswerBody(bytes(given, "body"));
    return both(body, bytes(given, "body"), () => (body ? encodeAnswerBody(body) : new Uint8Array()));
  },
  "position.encode": (_, given) =>
    plain({
      position: encodePosition({
        session: bytes(given, "session"),
        sealed: number(given, "sealed"),
        received: number(given, "received"),
      }),
    }),
  "position.decode": (_, given) => plain(decodePosition(bytes(given, "position"))),
  "content.encode": (_, given) => plain({ bytes: encodeContent(contentOf(given)) }),
  "content.decode": (_, given) => plain(decodeContent(bytes(given, "bytes")) ?? { refused: true }),
  "payload.encode": (_, given) => plain({ bytes: encodeHandshakePayload(payloadOf(given)) }),
  "payload.decode": (_, given) =>
    plain(decodeHandshakePayload(bytes(given, "bytes")) ?? { refused: true }),
  "received.add": (_, given) =>
    plain(list(given, "sequences").reduce((set, sequence) => add(set, Number(sequence)), setOf(given))),
  "received.raise": (_, given) => plain(raise(setOf(given), number(given, "floor"))),
  "name.clean": (_, given) => plain({ name: cleanName(text(given, "name")) ?? null }),
  "base32.encode": (_, given) => ({ text: toBase32(bytes(given, "bytes")) }),
  "base32.decode": (_, given) => {
    const value = fromBase32(text(given, "text"));
    return value === undefined ? refusedAlone : plain({ bytes: value });
  },
  "checksum": (_, given) => plain({ checksum: checksum(bytes(given, "bytes")) }),
  "invite.encode": (_, given) => ({ link: encodeInvite(inviteOf(given)) }),
  "invite.parse": (_, given) => {
    const parsed = parseInvite(text(given, "link"));
    return parsed.kind === "refused" ? { refused: parsed.why } : plain(parsed.invite);
  },
};
