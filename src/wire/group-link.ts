/** What members say to each other on a group link, as bytes (docs/WIRE.md, groups). */
import { never } from "../base/index.ts";
import { groupHeads } from "./group-op.ts";
import {
  bytes,
  count,
  type Kind,
  message,
  type OptionalMember,
  optional,
  repeated,
  required,
  type ValueOf,
  type Values,
  where,
} from "./protobuf.ts";

/** Bytes of a link message at most: a page, its fields, and what seals them fit a frame. */
export const groupLinkBytes = 72 * 1024;
/** Bytes of the items of a response, unless it has only one. */
export const syncPageBytes = 64 * 1024;
/** Bytes of a group message at most: a text of 64 KiB and what is around it. */
export const groupMessageBytes = 68 * 1024;
/** Items of one kind in a request or a response, and what one message has of each. */
export const linkLists = {
  heads: 256,
  ranges: 64,
  reconcile: 256,
  ids: 16,
  records: 512,
  messages: 512,
  pages: 1,
  keys: 256,
  news: 64,
  peers: 64,
  addresses: 8,
} as const;
/** Bytes of an RPC of the mesh, at most. */
export const meshBytes = 16 * 1024;

const LIST_FIELDS = 1_024;
const MOST_SEQ = 0xffffffff;
const MISSING = 8;
const HASH = 32;

const hash = bytes(HASH);
const member = bytes(16);
const stream = bytes(8);
const seq = count(1, MOST_SEQ);

const state = message({
  digests: required(1, bytes(256)),
  records: required(2, bytes(16)),
  generation: optional(3, bytes(16)),
  frontier: repeated(4, hash, groupHeads),
  lamport: required(5, count()),
});
const head = where(
  message({
    member: required(1, member),
    stream: required(2, stream),
    upTo: required(3, seq),
    hash: required(4, hash),
    missing: repeated(5, seq, 2 * MISSING),
  }),
  ({ missing }) => missing.length % 2 === 0,
);
const range = where(
  message({
    member: required(1, member),
    stream: required(2, stream),
    from: required(3, seq),
    to: required(4, seq),
  }),
  ({ from, to }) => from <= to,
);
const bound = message({ depth: required(1, count()), id: required(2, bytes(0, HASH)) });
const reconcile = where(
  message({
    lower: required(1, bound),
    upper: optional(2, bound),
    fingerprint: optional(3, bytes(16)),
    ids: optional(4, idsOf(linkLists.ids)),
  }),
  ({ fingerprint, ids }) => (fingerprint === undefined) !== (ids === undefined),
);
const request = message(
  {
    ranges: repeated(1, range, linkLists.ranges),
    reconcile: repeated(2, reconcile, linkLists.reconcile),
    pages: repeated(3, hash, linkLists.pages),
    keys: repeated(4, hash, linkLists.keys),
    records: repeated(5, hash, linkLists.records),
  },
  LIST_FIELDS,
);
const key = message({ message: required(1, hash), mk: required(2, bytes(32)) });
const response = message(
  {
    messages: repeated(1, bytes(1, groupMessageBytes), linkLists.messages),
    records: repeated(2, bytes(2, groupLinkBytes), linkLists.records),
    reconcile: repeated(3, reconcile, linkLists.reconcile),
    pages: repeated(4, bytes(1, groupLinkBytes), linkLists.pages),
    keys: repeated(5, key, linkLists.keys),
    withheld: repeated(6, range, linkLists.ranges),
  },
  LIST_FIELDS,
);
const peer = message({
  member: required(1, member),
  addresses: repeated(2, bytes(1, 256), linkLists.addresses),
});

/**
 * What a member has, in few bytes: digests of its streams (256), the fingerprint of its records
 * (16), the first 16 bytes of its newest generation, the heads of its log (32 each) and the
 * greatest Lamport value of the conversation.
 */
export type SyncState = ValueOf<typeof state>;
/**
 * What a member has of one stream: member 16, stream 8, the greatest seq, its hash 32, and what is
 * missing below it as from, to, from, to …
 */
export type SentHead = ValueOf<typeof head>;
/** Messages of a stream, both ends included. */
export type SentRange = ValueOf<typeof range>;
/** A place in the order of records: a depth, and up to 32 bytes of an id. */
export type RecordBound = ValueOf<typeof bound>;
/**
 * The records from `lower` to before `upper`, or to the end: a fingerprint (16), or all of their
 * ids (32 each, at most 16).
 */
export type ReconcileRange = ValueOf<typeof reconcile>;
/** What a member asks for: messages, comparison of records, pages, message keys, records. */
export type SyncRequest = ValueOf<typeof request>;
/** The answer to the oldest request that has none. A record is u8 kind ‖ bytes. */
export type SyncResponse = ValueOf<typeof response>;
/** Where a member was found: member 16, addresses as bytes. */
export type PeerAddress = ValueOf<typeof peer>;

/** One message on a group link. */
export type Link =
  | ({ readonly kind: "state" } & SyncState)
  | { readonly kind: "heads"; readonly heads: readonly SentHead[] }
  | ({ readonly kind: "request" } & SyncRequest)
  | ({ readonly kind: "response" } & SyncResponse)
  /** An RPC of the mesh. */
  | { readonly kind: "mesh"; readonly rpc: Uint8Array }
  | { readonly kind: "peers"; readonly peers: readonly PeerAddress[] }
  /** 1 while the member types, 0 once it stopped. */
  | { readonly kind: "typing"; readonly typing: number }
  /** A generation whose envelope the member could not open, 32 bytes. */
  | { readonly kind: "broken"; readonly generation: Uint8Array }
  /** Records that the member has since a moment ago, which nobody asked for. */
  | { readonly kind: "news"; readonly records: readonly Uint8Array[] };

/** The field of each kind: without a line here a kind does not compile. */
const linkMembers = {
  state: optional(1, state),
  heads: optional(2, message({ heads: repeated(1, head, linkLists.heads) }, LIST_FIELDS)),
  request: optional(3, request),
  response: optional(4, response),
  mesh: optional(5, message({ rpc: required(1, bytes(1, meshBytes)) })),
  peers: optional(6, message({ peers: repeated(1, peer, linkLists.peers) })),
  typing: optional(7, message({ typing: required(1, count(0, 1)) })),
  broken: optional(8, message({ generation: required(1, hash) })),
  news: optional(9, message({ records: repeated(1, bytes(2, groupLinkBytes), linkLists.news) })),
} satisfies {
  readonly [Of in Link["kind"]]: OptionalMember<Omit<Extract<Link, { kind: Of }>, "kind">>;
};
const link = message(linkMembers);

/** A link message that a reader of this version has no name for; it is ignored. */
export type NewerLink = { readonly kind: "newer" };

/**
 * The bytes of a link message. Throws a RangeError where a field breaks its bound or there are
 * more than `groupLinkBytes`.
 */
export function encodeGroupLink(value: Link): Uint8Array {
  const written = link.write(fieldOf(value));
  if (written.length > groupLinkBytes) throw new RangeError("a link message is too long");
  return written;
}

function fieldOf(value: Link): Values<typeof linkMembers> {
  switch (value.kind) {
    case "state":
      return { state: value };
    case "heads":
      return { heads: value };
    case "request":
      return { request: value };
    case "response":
      return { response: value };
    case "mesh":
      return { mesh: value };
    case "peers":
      return { peers: value };
    case "typing":
      return { typing: value };
    case "broken":
      return { broken: value };
    case "news":
      return { news: value };
    default:
      return never(value);
  }
}

/** The link message of the bytes, or `undefined` where they are none. */
export function decodeGroupLink(from: Uint8Array): Link | NewerLink | undefined {
  if (from.length > groupLinkBytes) return undefined;
  const parsed = link.parse(from);
  if (parsed === undefined) return undefined;
  const [found, ...others] = Object.entries(parsed.value);
  const fields = others.length + parsed.unknown.length + (found === undefined ? 0 : 1);
  if (fields !== 1) return undefined;
  if (found === undefined) return { kind: "newer" };
  const [kind, value] = found;
  return { kind, ...(value as object) } as Link;
}

/** Concatenated ids of 32 bytes, at most `most`. */
function idsOf(most: number): Kind<Uint8Array> {
  return where(bytes(0, most * HASH), ({ length }) => length % HASH === 0);
}
