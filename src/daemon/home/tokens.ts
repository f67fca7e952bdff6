/**
 * Tokens: credentials of programs. The store keeps a hash of each, never its secret, so neither the
 * disk nor a list of them lets anyone in.
 */
import type { Token } from "../../api/index.ts";
import {
  type AccountId,
  fromUtf8,
  KeyedMutex,
  limits,
  SottoError,
  toHex,
  utf8,
} from "../../base/index.ts";
import type { CryptoProvider } from "../../crypto/index.ts";
import type { Clock, RowKey, Store } from "../../ports/index.ts";
import type { Tokens } from "../rpc/methods/method-types.ts";

const SECRET = 32;
const DAY = 86_400_000;
const NAME = new RegExp(`^[A-Za-z0-9_-]{1,${limits.tokenName}}$`);

/** What is kept of a token. */
interface Kept {
  readonly token: Token;
  /** SHA-256 of the secret, in hex. */
  readonly hash: string;
}

const key = (name: string): RowKey => ({ table: "token", of: name, at: 0 });
const encode = (kept: Kept): Uint8Array => utf8(JSON.stringify(kept));
const decode = (bytes: Uint8Array): Kept => JSON.parse(fromUtf8(bytes) ?? "");

/**
 * The tokens of a node.
 * @param parts.closed closes the connections that are restricted to a token.
 */
export async function loadTokens({
  store,
  crypto,
  clock,
  closed,
}: {
  readonly store: Store;
  readonly crypto: Pick<CryptoProvider, "random" | "sha256">;
  readonly clock: Clock;
  readonly closed: (token: string) => void;
}): Promise<Tokens> {
  const tokens = new Map<string, Kept>();
  for (const bytes of await store.all("token")) {
    const kept = decode(bytes);
    tokens.set(kept.token.name, kept);
  }
  const hashOf = (secret: string) => toHex(crypto.sha256(utf8(secret)));
  /** One change at a time: a use that is noted must not store a token that is being revoked. */
  const locks = new KeyedMutex();
  const change = <Result>(job: () => Promise<Result>): Promise<Result> => locks.run("tokens", job);
  const keep = async (kept: Kept): Promise<void> => {
    const { name } = kept.token;
    await store.commit([{ kind: "put", key: key(name), value: encode(kept) }]);
    tokens.set(name, kept);
  };

  return {
    create: ({ name, scope, kind, peers }) =>
      change(async () => {
        if (!NAME.test(name))
          throw new SottoError(
            "token-invalid",
            `The name of a token has 1 to ${limits.tokenName} letters, digits, - and _.`,
          );
        if (tokens.has(name)) throw new SottoError("token-exists", `There is a token ${name}.`);
        if (tokens.size >= limits.tokens)
          throw new SottoError("too-many-tokens", `There are ${limits.tokens} tokens already.`);
        const secret = Buffer.from(crypto.random(SECRET)).toString("base64url");
        const token = {
          ...{ name, scope, for: kind },
          ...(peers && { peers }),
          createdAt: clock.now(),
        };
        await keep({ token, hash: hashOf(secret) });
        return { token, secret };
      }),
    // The oldest first: the rows of the store have no order.
    list: () =>
      [...tokens.values()]
        .map(({ token }) => token)
        .sort((a, b) => a.createdAt - b.createdAt || (a.name < b.name ? -1 : 1)),
    revoke: (name) =>
      change(async () => {
        if (!tokens.has(name)) throw new SottoError("token-unknown", "There is no such token.");
        await store.commit([{ kind: "delete", key: key(name) }]);
        tokens.delete(name);
        closed(name);
      }),
    find(by, kind) {
      const found =
        "name" in by
          ? tokens.get(by.name)
          : [...tokens.values()].find(({ hash }) => hash === hashOf(by.secret));
      if (found === undefined || found.token.for !== kind)
        throw new SottoError("token-refused", `There is no such token for ${kind}.`);
      const { name, scope, peers } = found.token;
      return {
        token: found.token,
        access: { name, scope, ...(peers && { peers: new Set(peers as readonly AccountId[]) }) },
      };
    },
    async noteUse(name) {
      const usedOn = Math.floor(clock.now() / DAY) * DAY;
      await change(async () => {
        const kept = tokens.get(name);
        if (kept !== undefined && kept.token.usedOn !== usedOn)
          await keep({ ...kept, token: { ...kept.token, usedOn } });
      });
    },
  };
}
