/** What a connection may do: which methods, in which conversations, and which events it gets. */
import { rowsOf } from "../../../api/contract.ts";
import { type NodeEvent, type Row, refOf, type Scope } from "../../../api/index.ts";
import type { AccountId } from "../../../base/index.ts";

export interface Access {
  /** The rows of methods that it may call. */
  readonly rows: ReadonlySet<Row>;
  /** The only contacts that it can see; absent: all. */
  readonly peers?: ReadonlySet<AccountId>;
  /** Names of the tokens that it is restricted to; none on a connection of the node's user. */
  readonly tokens: ReadonlySet<string>;
}

/** A connection to the unix socket, whose file mode authenticates the user. */
export const unrestricted: Access = { rows: new Set(rowsOf("admin")), tokens: new Set() };

/** What both a connection and a token allow. */
export function restrictedTo(
  access: Access,
  token: {
    readonly name: string;
    readonly scope: Scope;
    readonly peers?: ReadonlySet<AccountId>;
  },
): Access {
  const rows = rowsOf(token.scope).filter((row) => access.rows.has(row));
  const peers = common(access.peers, token.peers);
  return {
    rows: new Set(rows),
    ...(peers && { peers }),
    tokens: new Set([...access.tokens, token.name]),
  };
}

/**
 * An event as a connection may see it; `undefined` where it is about none of its contacts. The
 * cursor counts the events about all contacts, and is of use only to durable subscriptions, which a
 * limited connection cannot read.
 */
export function shownTo({ peers }: Access, event: NodeEvent): NodeEvent | undefined {
  if (peers === undefined) return event;
  const sees = (account: string | undefined): boolean =>
    account !== undefined && (peers as ReadonlySet<string>).has(account);
  if (!sees(refOf(event))) return undefined;
  const { cursor: _, ...shown } = { cursor: undefined, ...event };
  if (!("contact" in shown)) return shown;
  const { looksLike, ...contact } = shown.contact;
  return sees(looksLike?.account) ? shown : { ...shown, contact };
}

function common<Value>(
  a: ReadonlySet<Value> | undefined,
  b: ReadonlySet<Value> | undefined,
): ReadonlySet<Value> | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return new Set([...a].filter((value) => b.has(value)));
}
