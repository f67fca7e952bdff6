/** An operation of a group's membership log, as the rules of the log see it. */
import { type AccountId, never } from "../base/index.ts";
import type { LinkId, MemberId, OpId, StreamId } from "./ids.ts";

/** What an add, a renewal or the creation states about an account; its signatures were verified. */
export interface Entry {
  readonly member: MemberId;
  readonly account: AccountId;
  /** The device certificate, 136 bytes. */
  readonly certificate: Uint8Array;
  /** When the certificate was made, ms since 1970: the newest one of an account holds. */
  readonly createdAt: number;
  /** X25519 device public key, 32 bytes. */
  readonly device: Uint8Array;
  /** Ed25519 public key that signs the member's operations, 32 bytes. */
  readonly memberKey: Uint8Array;
  /** Hash of the key package that others seal to first, 32 bytes. */
  readonly package: Uint8Array;
  /** The member's own name for itself, as sent. */
  readonly name: string;
  /** The member's consent to this add, 64 bytes; the founder and a renewal have none. */
  readonly consent?: Uint8Array;
}

/** The last message of a stream that counts once its author is removed or only reads. */
export interface Cut {
  readonly member: MemberId;
  readonly stream: StreamId;
  readonly seq: number;
  /** Hash of that message, 32 bytes. */
  readonly hash: Uint8Array;
}

/** A setting of the group. Each field is one of `settingFields`; its bytes are opaque here. */
export interface Setting {
  readonly field: number;
  readonly value: Uint8Array;
}

/** The settings that have a meaning in this version. */
export const settingFields = { name: 1, topic: 2, timer: 4, history: 5, receipts: 6, links: 8 };

export type Action =
  | {
      readonly kind: "create";
      readonly founder: Entry;
      readonly name: string;
      readonly settings: readonly Setting[];
    }
  | {
      readonly kind: "add";
      readonly entries: readonly Entry[];
      readonly role: "member" | "reader";
      /** The author's invitation link by which these members came. */
      readonly link?: LinkId;
    }
  | {
      readonly kind: "remove";
      readonly targets: readonly MemberId[];
      readonly cuts: readonly Cut[];
      /** Up to which operations those of the targets stay valid; later ones are undone. */
      readonly asOf?: readonly OpId[];
    }
  | {
      readonly kind: "role";
      readonly target: MemberId;
      readonly role: "admin" | "member" | "reader";
      readonly cuts: readonly Cut[];
    }
  | { readonly kind: "leave" }
  | ({ readonly kind: "set" } & Setting)
  | { readonly kind: "invite"; readonly link: LinkId; readonly open: boolean }
  | { readonly kind: "revoke"; readonly link: LinkId }
  | { readonly kind: "renew"; readonly entry: Entry }
  | { readonly kind: "dissolve" }
  /** An action of a newer version: kept and passed on, without effect. */
  | { readonly kind: "newer" };

/** An operation. `depth` is one more than the deepest parent's, 0 for the create operation. */
export interface Op {
  readonly id: OpId;
  readonly parents: readonly OpId[];
  readonly depth: number;
  readonly author: MemberId;
  readonly action: Action;
}

/** The accounts that an operation states something about. */
export function entriesIn({ action }: Op): readonly Entry[] {
  switch (action.kind) {
    case "create":
      return [action.founder];
    case "add":
      return action.entries;
    case "renew":
      return [action.entry];
    case "remove":
    case "role":
    case "leave":
    case "set":
    case "invite":
    case "revoke":
    case "dissolve":
    case "newer":
      return [];
    default:
      return never(action);
  }
}

/** The order in which operations are judged: parents come before their children. */
export function inLogOrder(a: Op, b: Op): number {
  return a.depth - b.depth || compareText(a.id, b.id);
}

/** Compares by code units, never by a locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
