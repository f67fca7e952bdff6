/** Tokens of programs, and connections that restrict themselves to one. */
import { limits } from "../../base/index.ts";
import { list, object, oneOf, optional, secret, short, text } from "../schema/fields.ts";
import { kind, scope, token, tokenKinds } from "../schema/token.ts";
import { whoErrors } from "./errors.ts";
import { type MethodTypes, method, nothing } from "./method.ts";

const name = short("The name of the token: 1 to 32 letters, digits, - and _.");

export const tokenMethods = {
  "token.create": method({
    row: "admin",
    summary:
      "Creates a token. Its secret is in this answer only: the node keeps a hash of it. With " +
      "`peers` the scope must be post, read or send.",
    errors: [...whoErrors, "token-invalid", "token-exists", "too-many-tokens"],
    params: object({
      name,
      scope,
      for: kind,
      peers: optional(
        list(
          short("A contact."),
          `The only contacts whose conversations it can use, at most ${limits.tokenPeers}: any ` +
            "other contact is answered as an unknown one.",
        ),
      ),
    }),
    result: object({ token, secret: text("32 random bytes in base64url, 43 characters.") }),
    example: { name: "backup-report", scope: "post", for: "socket", peers: ["bob"] },
  }),
  "token.list": method({
    row: "admin",
    summary: "Every token, without its secret.",
    errors: [],
    params: nothing,
    result: object({ tokens: list(token) }),
    example: {},
  }),
  "token.revoke": method({
    row: "admin",
    summary:
      "Revokes a token: it is accepted no more, and connections that are restricted to it are " +
      "closed.",
    errors: ["token-unknown"],
    params: object({ name }),
    result: nothing,
    example: { name: "backup-report" },
  }),
  "connection.restrict": method({
    row: "every",
    summary:
      "Restricts this connection to what a token allows, until it is closed. Again: to what both " +
      "allow. `name` in place of the secret is accepted on an unrestricted connection only.",
    errors: ["token-invalid", "token-refused"],
    params: object({
      token: optional(secret("The secret of the token.")),
      name: optional(name),
      for: oneOf(tokenKinds, "The kind of the token."),
    }),
    result: object({ token }),
    example: { name: "backup-report", for: "socket" },
  }),
};

export type TokenMethods = MethodTypes<typeof tokenMethods>;
