/** Sotto's group messages over one provider. */
import { equal } from "../../src/base/index.ts";
import type { CryptoProvider, SigningKeyPair } from "../../src/crypto/index.ts";
import { emptyLog, type OpLog, place } from "../../src/group/causality.ts";
import { memberOf } from "../../src/group/entry.ts";
import { type GroupId, generationId, type MemberId, type OpId } from "../../src/group/ids.ts";
import { generationSecret } from "../../src/group/keys.ts";
import {
  frontiersOf,
  isSignedMessage,
  messageHash,
  openMessage,
  sealMessage,
} from "../../src/group/message.ts";
import { type SendingChain, startChain, takeKey } from "../../src/group/sending-chain.ts";
import { authorCreate } from "../../src/group/signed-op.ts";
import { decodeGroupMessage } from "../../src/wire/index.ts";
import type { GroupPeer, GroupTalk } from "./group-peer.ts";
import { newPerson } from "./people.ts";

export function ours(crypto: CryptoProvider): GroupPeer {
  return {
    name: `Sotto, ${crypto.name}`,
    about: `${crypto.engine}: HMAC chain, key commitment, ChaCha20-Poly1305, Ed25519 by a deniable key, hash of the message before; keys agreed post-quantum`,
    setup: () => talkOver(crypto),
  };
}

function talkOver(crypto: CryptoProvider): GroupTalk {
  const founder = newPerson(crypto, "founder");
  const settings = { name: "bench", founder: founder.entry(), settings: [] };
  const { group, op } = authorCreate(crypto, founder.memberKey, settings, 0);
  const log = emptyLog();
  place(log, op);
  const member = memberOf(crypto, group, founder.account.public);
  const generation = generationId.from(crypto.random(32));
  const secret = generationSecret(crypto.random(32));
  const signingKey = crypto.signingFromSeed(crypto.random(32));
  const stream = crypto.random(8);
  const chain = () => startChain(crypto, secret, group, generation, member, 0);
  const place_ = { group, generation, member, slot: 0, stream, frontier: [op.id] };
  return {
    seal: writer(crypto, place_, chain(), signingKey),
    open: reader(crypto, group, generation, log, chain(), signingKey.public),
    wireBytes: (message) => (message as Uint8Array).length,
  };
}

interface Written {
  readonly group: GroupId;
  readonly generation: ReturnType<typeof generationId.from>;
  readonly member: MemberId;
  readonly slot: number;
  readonly stream: Uint8Array;
  readonly frontier: readonly OpId[];
}

function writer(crypto: CryptoProvider, at: Written, start: SendingChain, key: SigningKeyPair) {
  let chain = start;
  let previous: Uint8Array = new Uint8Array(32);
  return (text: Uint8Array): Uint8Array => {
    const seq = chain.next;
    const taken = takeKey(crypto, chain, seq);
    if (taken.kind !== "key") throw new Error(taken.kind);
    const message = sealMessage(crypto, { ...at, seq, previous }, taken.mk, key, text);
    chain = taken.chain;
    previous = messageHash(crypto, message);
    return message;
  };
}

function reader(
  crypto: CryptoProvider,
  group: GroupId,
  generation: Written["generation"],
  log: OpLog,
  start: SendingChain,
  key: Uint8Array,
) {
  let chain = start;
  let previous: Uint8Array = new Uint8Array(32);
  return (message: unknown): void => {
    const parts = decodeGroupMessage(message as Uint8Array);
    if (parts === undefined) throw new Error("not a message");
    const [heads = []] = frontiersOf(log, parts.frontier);
    const frontier = heads.map(({ id }) => id);
    if (!isSignedMessage(crypto, group, generation, frontier, key, parts))
      throw new Error("not signed");
    if (!equal(parts.previous, previous)) throw new Error("a fork");
    const taken = takeKey(crypto, chain, parts.seq);
    if (taken.kind !== "key") throw new Error(taken.kind);
    if (openMessage(crypto, taken.mk, parts) === undefined) throw new Error("not opened");
    chain = taken.chain;
    previous = messageHash(crypto, message as Uint8Array);
  };
}
