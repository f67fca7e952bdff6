/** Operations of the vectors: keys, proofs and records (docs/SPEC.md). */
import { type HostId, SottoError } from "../../src/base/index.ts";
import {
  accountFromEntropy,
  certify,
  entropyToWords,
  readCertificate,
  safetyNumber,
  wordsToEntropy,
} from "../../src/crypto/index.ts";
import {
  advance,
  type Direction,
  epochOf,
  epochOffset,
  epochsAccepted,
  epochsAround,
  inviteIdOf,
  inviteOffset,
  invitePsk,
  inviteSecretAt,
  linkKey,
  linkPsk,
  newest,
  nextBoundary,
  openRecord,
  publicKey,
  RecordValidator,
  type RootChain,
  rendezvousKeys,
  sealRecord,
  secretAt,
  startChain,
} from "../../src/dht/index.ts";
import {
  encodeEndpoints,
  helloFits,
  helloIndex,
  makeAnswer,
  makeHello,
  openAnswer,
  openHello,
  prologue,
} from "../../src/messenger/link/hello.ts";
import { decodeLinkFrame, encodeLinkFrame } from "../../src/wire/index.ts";
import {
  bytes,
  type Fields,
  fields,
  list,
  number,
  type Operation,
  only,
  plain,
  refusedAlone,
  spelled,
  text,
} from "./notation.ts";

const directions: readonly Direction[] = ["a", "b"];
const endsOf = (given: Fields) => ({
  dialer: text(given, "caller") as HostId,
  listener: text(given, "callee") as HostId,
});

function frameOf<Type extends "hello" | "answer">(given: Fields, name: Type) {
  const frame = decodeLinkFrame(bytes(given, name));
  return frame?.type === name ? (frame as Extract<typeof frame, { type: Type }>) : undefined;
}

/** A hello or an answer that the vector needs whole. */
function wholeFrame<Type extends "hello" | "answer">(given: Fields, name: Type) {
  const frame = frameOf(given, name);
  if (frame === undefined) throw new Error(`this is no ${name}`);
  return frame;
}

function chainOf(given: Fields): RootChain {
  const chain = fields(given.chain);
  return {
    offset: number(chain, "offset"),
    epoch: number(chain, "epoch"),
    root: bytes(chain, "root"),
  };
}

const modes = ["resume", "handshake", "group", "group-unclean"] as const;
const statuses = ["resume", "handshake", "used", "expired", "pending", "denied"] as const;

export const keyOperations: Readonly<Record<string, Operation>> = {
  "account.from-entropy": async (providing, given) => {
    const { public: account, seed } = accountFromEntropy(providing(), bytes(given, "entropy"));
    return plain({ account, seed, words: await entropyToWords(bytes(given, "entropy")) });
  },
  "account.from-words": async (_, given) => {
    try {
      return plain({ entropy: await wordsToEntropy(text(given, "words")) });
    } catch (error) {
      if (error instanceof SottoError) return { refused: error.code };
      throw error;
    }
  },
  "certificate.make": (providing, given) => {
    const crypto = providing();
    const account = crypto.signingFromSeed(bytes(given, "accountSeed"));
    const certificate = certify(crypto, account, bytes(given, "device"), number(given, "createdAt"));
    return plain({ certificate });
  },
  "certificate.read": (providing, given) =>
    plain(readCertificate(providing(), bytes(given, "certificate")) ?? { refused: true }),
  "safety-number": (providing, given) => ({
    number: safetyNumber(providing(), bytes(given, "a"), bytes(given, "b")),
  }),
  "x25519.dh": (providing, given) => {
    const crypto = providing();
    const shared = crypto.dh(crypto.dhFromSecret(bytes(given, "secret")), bytes(given, "public"));
    return shared ? plain({ shared }) : refusedAlone;
  },
  "ed25519.verify": (providing, given) => ({
    good: providing().verify(bytes(given, "key"), bytes(given, "message"), bytes(given, "signature")),
  }),
  "epoch.offset": (providing, given) => ({ offset: epochOffset(providing(), bytes(given, "root0")) }),
  "epoch.around": (_, given) => {
    const [now, offset] = [number(given, "now"), number(given, "offset")];
    return {
      epoch: epochOf(now, offset),
      lookedUp: epochsAround(now, offset),
      accepted: epochsAccepted(now, offset),
      border: nextBoundary(now, offset),
    };
  },
  "chain.start": (providing, given) =>
    plain(startChain(providing(), bytes(given, "pairRoot"), number(given, "madeAt"))),
  "chain.secret": (providing, given) => {
    const secret = secretAt(providing(), chainOf(given), number(given, "epoch"));
    return secret === undefined ? refusedAlone : plain({ secret });
  },
  "chain.advance": (providing, given) =>
    plain(advance(providing(), chainOf(given), number(given, "now"), given.proven === true)),
  "epoch.keys": (providing, given) => {
    const crypto = providing();
    const secret = bytes(given, "secret");
    const sides = directions.map((direction) => {
      const { tag, signing, seal } = rendezvousKeys(crypto, secret, direction);
      const onPublic = publicKey(crypto, secret, direction);
      return [
        direction,
        { tag, signingSeed: signing.seed, sealingKey: seal, publicKey: onPublic },
      ] as const;
    });
    const key = linkKey(crypto, secret);
    return plain({ ...Object.fromEntries(sides), linkKey: key, psk: linkPsk(crypto, key) });
  },
  "invite.keys": (providing, given) => {
    const [crypto, secret] = [providing(), bytes(given, "secret")];
    return plain({
      id: inviteIdOf(crypto, secret),
      psk: invitePsk(crypto, secret),
      offset: inviteOffset(crypto, secret),
    });
  },
  "invite.secret": (providing, given) =>
    plain({ secret: inviteSecretAt(providing(), bytes(given, "secret"), number(given, "epoch")) }),
  "record.seal": (providing, given) => {
    const crypto = providing([bytes(given, "nonce")]);
    const keys = rendezvousKeys(crypto, bytes(given, "secret"), only(given, "direction", directions));
    const host = text(given, "host") as HostId;
    const body = { host, addresses: list(given, "addresses").map(String) };
    return plain({ record: sealRecord(crypto, keys, body, number(given, "time")) });
  },
  "record.open": (providing, given) => {
    const crypto = providing();
    const keys = rendezvousKeys(crypto, bytes(given, "secret"), only(given, "direction", directions));
    const opened = openRecord(crypto, keys, bytes(given, "record"), number(given, "now"));
    if (opened.kind === "refused") return { refused: opened.why };
    return plain({ ...opened.body, time: opened.time });
  },
  "record.store": (providing, given) => {
    let now = 0;
    const validator = new RecordValidator(providing().verify, () => now);
    return list(given, "puts").map((put) => {
      now = number(fields(put), "now");
      const judged = validator.check(bytes(fields(put), "tag"), bytes(fields(put), "record"));
      return judged.kind === "valid" ? "stored" : judged.why;
    });
  },
  "record.newest": (_, given) => ({
    index: newest(list(given, "records").map((record) => spelled(String(record)))),
  }),
  "hello.index": (providing, given) =>
    plain({ index: helloIndex(providing(), bytes(given, "linkKey"), text(given, "callee") as HostId) }),
  "hello.make": (providing, given) => {
    const body = { mode: only(given, "mode", modes), id: bytes(given, "id") };
    const named = given["named"] === true;
    const crypto = providing([...(named ? [] : [bytes(given, "index")]), bytes(given, "nonce")]);
    const hello = makeHello(crypto, bytes(given, "linkKey"), endsOf(given), body, named);
    return plain({ hello: encodeLinkFrame(hello) });
  },
  "hello.open": (providing, given) => {
    const [crypto, key, hello] = [providing(), bytes(given, "linkKey"), frameOf(given, "hello")];
    if (hello === undefined) return { refused: "frame" };
    if (!helloFits(crypto, key, endsOf(given), hello)) return { refused: "tag" };
    return plain(openHello(crypto, key, hello) ?? { refused: "body" });
  },
  "answer.make": (providing, given) => {
    const crypto = providing([bytes(given, "nonce")]);
    const hello = wholeFrame(given, "hello");
    const body = { status: only(given, "status", statuses), id: bytes(given, "id") };
    const answer = makeAnswer(crypto, bytes(given, "linkKey"), endsOf(given), hello, body);
    return plain({ answer: encodeLinkFrame(answer), prologue: prologue(endsOf(given), hello, answer) });
  },
  "answer.open": (providing, given) => {
    const [hello, answer] = [wholeFrame(given, "hello"), frameOf(given, "answer")];
    if (answer === undefined) return refusedAlone;
    const key = bytes(given, "linkKey");
    return plain(openAnswer(providing(), key, endsOf(given), hello, answer) ?? { refused: true });
  },
  "link.ends": (_, given) => plain({ ends: encodeEndpoints(endsOf(given)) }),
};
