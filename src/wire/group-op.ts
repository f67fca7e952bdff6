/** Operations of a group's membership log as bytes (docs/WIRE.md, groups). */
import { concat, never } from "../base/index.ts";
import {
  bytes,
  count,
  message,
  type OptionalMember,
  optional,
  repeated,
  required,
  text,
  type ValueOf,
  type Values,
  where,
} from "./protobuf.ts";

/** Bytes of an operation with its signature, at most. */
export const groupOpBytes = 16 * 1024;
/** Heads of the log that an operation has as parents, or that a frontier names, at most. */
export const groupHeads = 16;
const SIGNATURE = 64;

/** More fields than other messages have: a removal names the streams of 30 days. */
const FIELDS = 512;
const ENTRIES = 32;
const TARGETS = 16;
const PAGES = 64;
/** A stream (8) and the first sequence (4) of a newcomer's history, for 512 streams. */
const HISTORY_ENTRY = 12;
const HISTORY_BYTES = 512 * HISTORY_ENTRY;

const hash = bytes(32);
const member = bytes(16);

export const groupEntry = message({
  certificate: required(1, bytes(136)),
  memberKey: required(2, bytes(32)),
  keySignature: required(3, bytes(SIGNATURE)),
  package: required(4, hash),
  name: required(5, text(0, 256)),
  consent: optional(10, bytes(SIGNATURE)),
});
const cut = message({
  member: required(1, member),
  stream: required(2, bytes(8)),
  seq: required(3, count()),
  hash: required(4, hash),
});
const setting = message({ field: required(1, count(1, 255)), value: required(2, bytes(0, 512)) });
const announcement = message({
  frontier: repeated(1, hash, groupHeads),
  maker: required(2, member),
  e: required(3, hash),
  commit: required(4, hash),
  pages: repeated(5, hash, PAGES),
  signature: required(6, bytes(SIGNATURE)),
});

/**
 * A statement about one account: certificate 136, member key 32 with its signature 64, hash of the
 * key package 32, the account's own name, and in an add its consent 64.
 */
export type GroupEntry = ValueOf<typeof groupEntry>;
/** The last message of a stream that counts: member 16, stream 8, sequence, hash 32. */
export type GroupCut = ValueOf<typeof cut>;
/** A setting of the group: field and at most 512 bytes. */
export type GroupSetting = ValueOf<typeof setting>;
/**
 * The signed description of a key generation: frontier (hashes of 32), maker 16, X25519 key 32,
 * commitment 32, hashes of the envelope pages, signature 64.
 */
export type KeyAnnouncement = ValueOf<typeof announcement>;

/** What an operation does. Ids and hashes are bytes, with lengths as in docs/WIRE.md. */
export type GroupAction =
  | {
      readonly kind: "create";
      readonly name: string;
      readonly founder: GroupEntry;
      /** 16 random bytes, so that no two groups have one id. */
      readonly salt: Uint8Array;
      readonly settings: readonly GroupSetting[];
    }
  | {
      readonly kind: "add";
      readonly entries: readonly GroupEntry[];
      /** Stream 8 ‖ first sequence u32, for each stream of which the newcomer is given history. */
      readonly historyFrom?: Uint8Array;
      /** 2 member, 3 reader. */
      readonly role: number;
      readonly link?: Uint8Array;
    }
  | {
      readonly kind: "remove";
      readonly targets: readonly Uint8Array[];
      readonly cuts: readonly GroupCut[];
      readonly asOf: readonly Uint8Array[];
      readonly announcement: KeyAnnouncement;
    }
  /** 1 admin, 2 member, 3 reader. */
  | {
      readonly kind: "role";
      readonly target: Uint8Array;
      readonly role: number;
      readonly cuts: readonly GroupCut[];
    }
  | { readonly kind: "leave" }
  | ({ readonly kind: "set" } & GroupSetting)
  | {
      readonly kind: "invite";
      readonly link: Uint8Array;
      /** ms since 1970. */
      readonly expires: number;
      readonly uses: number;
      /** 1: newcomers are added without being asked for; 0: an admin admits each. */
      readonly open: number;
    }
  | { readonly kind: "revoke"; readonly link: Uint8Array }
  | { readonly kind: "renew"; readonly entry: GroupEntry; readonly accountSignature: Uint8Array }
  | { readonly kind: "dissolve" };

/** The field of each action, by its kind: without a line here an action does not compile. */
const actionMembers = {
  create: optional(
    16,
    message({
      name: required(1, text(1, 64)),
      founder: required(2, groupEntry),
      salt: required(3, bytes(16)),
      settings: repeated(4, setting, 16),
    }),
  ),
  add: optional(
    17,
    message({
      entries: repeated(1, groupEntry, ENTRIES),
      historyFrom: optional(
        2,
        where(bytes(HISTORY_ENTRY, HISTORY_BYTES), ({ length }) => length % HISTORY_ENTRY === 0),
      ),
      role: required(3, count(2, 3)),
      link: optional(4, bytes(16)),
    }),
  ),
  remove: optional(
    18,
    message(
      {
        targets: repeated(1, member, TARGETS),
        cuts: repeated(2, cut, FIELDS),
        asOf: repeated(3, hash, groupHeads),
        announcement: required(4, announcement),
      },
      FIELDS,
    ),
  ),
  role: optional(
    19,
    message(
      {
        target: required(1, member),
        role: required(2, count(1, 3)),
        cuts: repeated(3, cut, FIELDS),
      },
      FIELDS,
    ),
  ),
  leave: optional(20, message({})),
  set: optional(21, setting),
  invite: optional(
    22,
    message({
      link: required(1, bytes(16)),
      expires: required(3, count()),
      uses: required(4, count(1, 1_000)),
      open: required(5, count(0, 1)),
    }),
  ),
  revoke: optional(23, message({ link: required(1, bytes(16)) })),
  renew: optional(
    24,
    message({ entry: required(1, groupEntry), accountSignature: required(2, bytes(SIGNATURE)) }),
  ),
  dissolve: optional(25, message({})),
} satisfies {
  readonly [Of in GroupAction["kind"]]: OptionalMember<
    Omit<Extract<GroupAction, { kind: Of }>, "kind">
  >;
};

const op = message({
  group: optional(1, bytes(16)),
  parents: repeated(2, hash, groupHeads),
  depth: required(3, count()),
  author: optional(4, member),
  at: required(5, count()),
  ...actionMembers,
});

/** Fields from here on are actions; a reader keeps an operation with one that it does not know. */
const FIRST_ACTION = 16;

export interface GroupOp {
  /** The group, 16 bytes; absent in a create operation. */
  readonly group?: Uint8Array;
  /** At most 16 hashes of 32 bytes. */
  readonly parents: readonly Uint8Array[];
  readonly depth: number;
  /** The member id, 16 bytes; absent in a create operation. */
  readonly author?: Uint8Array;
  /** The author's clock, ms since 1970, for display only. */
  readonly at: number;
  readonly action: GroupAction | { readonly kind: "newer" };
}

/** The bytes of a key announcement. */
export function encodeKeyAnnouncement(value: KeyAnnouncement): Uint8Array {
  return announcement.write(value);
}

/** The key announcement of these bytes, or `undefined`. */
export function decodeKeyAnnouncement(from: Uint8Array): KeyAnnouncement | undefined {
  return announcement.read(from);
}

/** The bytes of an entry, as they stand in an operation. */
export function encodeGroupEntry(value: GroupEntry): Uint8Array {
  return groupEntry.write(value);
}

/**
 * The bytes of an operation, without its signature. Throws a RangeError where a field breaks its
 * bound.
 */
export function encodeGroupOp({ action, ...fields }: GroupOp): Uint8Array {
  if (action.kind === "newer") throw new RangeError("an unknown action cannot be written");
  return op.write({ ...fields, ...fieldOf(action) });
}

function fieldOf(action: GroupAction): Partial<Values<typeof actionMembers>> {
  switch (action.kind) {
    case "create":
      return { create: action };
    case "add":
      return { add: action };
    case "remove":
      return { remove: action };
    case "role":
      return { role: action };
    case "leave":
      return { leave: {} };
    case "set":
      return { set: action };
    case "invite":
      return { invite: action };
    case "revoke":
      return { revoke: action };
    case "renew":
      return { renew: action };
    case "dissolve":
      return { dissolve: {} };
    default:
      return never(action);
  }
}

/** The operation that bytes without signature are, or `undefined`. */
export function decodeGroupOp(from: Uint8Array): GroupOp | undefined {
  const parsed = op.parse(from);
  if (parsed === undefined) return undefined;
  const { group, parents, depth, author, at, ...fields } = parsed.value;
  const actions: GroupOp["action"][] = parsed.unknown
    .filter((number) => number >= FIRST_ACTION)
    .map(() => ({ kind: "newer" }));
  for (const [kind, value] of Object.entries(fields))
    actions.push({ kind, ...(value as object) } as GroupAction);
  const [action] = actions;
  if (action === undefined || actions.length > 1) return undefined;
  const first = action.kind === "create";
  if ((group === undefined) !== first || (author === undefined) !== first) return undefined;
  if (!hasItsLists(action)) return undefined;
  return { ...(group && { group }), parents, depth, ...(author && { author }), at, action };
}

/** Whether the lists that must not be empty have an item, and an announcement has its pages. */
function hasItsLists(action: GroupOp["action"]): boolean {
  if (action.kind === "add") return action.entries.length > 0;
  if (action.kind !== "remove") return true;
  // Inside a removal the announcement has no frontier: it would be the removal itself.
  return action.targets.length > 0 && action.announcement.frontier.length === 0;
}

/** An operation as it travels and is stored: bytes ‖ signature 64. */
export function joinSignature(bytes: Uint8Array, signature: Uint8Array): Uint8Array {
  return concat(bytes, signature);
}

/** The parts of a signed operation, or `undefined` for a wrong length. */
export function splitSignature(
  signed: Uint8Array,
): { readonly bytes: Uint8Array; readonly signature: Uint8Array } | undefined {
  if (signed.length <= SIGNATURE || signed.length > groupOpBytes) return undefined;
  const at = signed.length - SIGNATURE;
  return { bytes: signed.slice(0, at), signature: signed.slice(at) };
}
