/** What a connection may do: which methods, in which conversations. */
import { rowsOf } from "../../../api/contract.ts";
import type { Row, Scope } from "../../../api/index.ts";
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

function common<Value>(
  a: ReadonlySet<Value> | undefined,
  b: ReadonlySet<Value> | undefined,
): ReadonlySet<Value> | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return new Set([...a].filter((value) => b.has(value)));
}
