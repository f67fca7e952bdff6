/** Schemas of tokens: credentials of programs that may do less than the user. */
import { type Infer, list, maybe, ms, object, oneOf, text } from "./fields.ts";

/** The scopes that a token can have: every one but that of the node's user. */
export const tokenScopes = ["post", "read", "send", "manage"] as const;
/** The endpoint that accepts a token. */
export const tokenKinds = ["socket", "http", "hook", "xmpp"] as const;

export const scope = oneOf(
  tokenScopes,
  "post: send messages and read nothing. read: read everything and change nothing. send: both, " +
    "and change one's own messages. manage: contacts, invites and the network too.",
);
export const kind = oneOf(tokenKinds, "The only endpoint that accepts the token.");

export const token = object({
  name: text("1 to 32 letters, digits, - and _."),
  scope,
  for: kind,
  peers: maybe(list(text(), "Account ids of the only contacts whose conversations it can use.")),
  createdAt: ms("ms since 1970."),
  usedOn: maybe(ms("The day of the last use, ms since 1970.")),
});

/** A token as it is shown. */
export type Token = Infer<typeof token>;
