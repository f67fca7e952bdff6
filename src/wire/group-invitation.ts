/** Invitations to a group, which travel as message actions of a pair (docs/WIRE.md, groups). */
import { groupKeyPackage } from "./group-keys.ts";
import { groupEntry, groupHeads } from "./group-op.ts";
import {
  bytes,
  count,
  message,
  optional,
  repeated,
  required,
  text,
  type ValueOf,
  where,
} from "./protobuf.ts";

/** Members that an invitation may state: those of a full group. */
const MEMBERS = 1_000;
/** Lamport values are below this. */
const LAMPORT = 2 ** 52;

const group = bytes(16);

export const groupInvite = message({
  group: required(1, group),
  name: required(2, text(1, 64)),
  members: required(3, count(1, MEMBERS)),
  founder: required(4, bytes(32)),
  expires: required(5, count()),
});

export const groupJoin = where(
  message({
    group: required(1, group),
    entry: optional(2, groupEntry),
    package: optional(4, groupKeyPackage),
  }),
  ({ entry, package: keys }) => (entry === undefined) === (keys === undefined),
);

export const groupWelcome = message({
  group: required(1, group),
  heads: repeated(2, bytes(32), groupHeads),
  lamport: required(8, count(0, LAMPORT - 1)),
});

/**
 * An admin of a group asks a contact to join: group 16 bytes, its name, how many members it has,
 * the founder's account 32, and when the invitation ends, ms since 1970.
 */
export type GroupInvite = ValueOf<typeof groupInvite>;
/**
 * The answer to an invitation: group 16 bytes, and with consent the entry and its key package.
 * Without them the invitation is declined.
 */
export type GroupJoin = ValueOf<typeof groupJoin>;
/**
 * Tells a newcomer that it was added: group 16 bytes, heads of the log (32 each), and the greatest
 * Lamport value of the adder. Its log and keys come from linked members.
 */
export type GroupWelcome = ValueOf<typeof groupWelcome>;
