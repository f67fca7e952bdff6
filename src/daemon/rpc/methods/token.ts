/** The `token.*` methods, and `connection.restrict`. */

import type { TokenMethods } from "../../../api/index.ts";
import { limits, SottoError } from "../../../base/index.ts";
import { restrictedTo } from "./access.ts";
import type { DispatchParts, Handlers } from "./method-types.ts";

export function tokenHandlers({ messenger, tokens }: DispatchParts): Handlers<TokenMethods> {
  return {
    "token.create": async ({ name, scope, for: kind, peers }) => {
      if (peers !== undefined && scope === "manage")
        throw new SottoError(
          "token-invalid",
          "A token that is limited to some contacts has the scope post, read or send.",
        );
      if (peers !== undefined && (peers.length === 0 || peers.length > limits.tokenPeers))
        throw new SottoError(
          "token-invalid",
          `A token is limited to 1 to ${limits.tokenPeers} contacts, or to none.`,
        );
      const accounts = peers?.map((who) => messenger.contact(who).account);
      return tokens.create({ name, scope, kind, ...(accounts && { peers: accounts }) });
    },
    "token.list": () => ({ tokens: tokens.list() }),
    "token.revoke": async ({ name }) => {
      await tokens.revoke(name);
      return {};
    },
    "connection.restrict": async ({ token: secret, name, for: kind }, caller) => {
      if ((secret === undefined) === (name === undefined))
        throw new SottoError("token-invalid", "Give either the token or its name.");
      if (name !== undefined && caller.access.tokens.size > 0)
        throw new SottoError(
          "scope-missing",
          "A restricted connection names a further token by its secret.",
        );
      const found = tokens.find(secret === undefined ? { name: name ?? "" } : { secret }, kind);
      // Before anything is awaited: a token that is revoked in between ends the connection.
      caller.restrict(restrictedTo(caller.access, found.access));
      await tokens.noteUse(found.token.name);
      return { token: found.token };
    },
  };
}
