/** New keys for a group after a removal: what every system is asked, and ours. */
import type { CryptoProvider, DhKeyPair } from "../../src/crypto/index.ts";
import { emptyLog, type OpLog, place } from "../../src/group/causality.ts";
import { memberOf } from "../../src/group/entry.ts";
import { type GroupId, generationId, type MemberId, memberId } from "../../src/group/ids.ts";
import {
  type Announced,
  envelopePlace,
  generationOf,
  isAnnouncement,
  isPage,
  makeGeneration,
  openEnvelope,
} from "../../src/group/key-generation.ts";
import { type KeyPackageSecrets, keysOf, newKeyPackage } from "../../src/group/key-package.ts";
import { generationSecret } from "../../src/group/keys.ts";
import { startChain } from "../../src/group/sending-chain.ts";
import { type Author, authorCreate, authorOp, readOp } from "../../src/group/signed-op.ts";
import { checkSigningKey, signingKeyRecord } from "../../src/group/signing-key.ts";
import { encodeGroupSigningKey } from "../../src/wire/index.ts";
import { newPerson } from "./people.ts";

type Awaitable<Value> = Value | Promise<Value>;

export interface Rekeying {
  /** What the remover does. */
  make(): Awaitable<void>;
  /** What one of the other members does with it. */
  take(): Awaitable<void>;
  /** Bytes of the whole, which is stored or forwarded. */
  bytes(): number;
  /** Bytes of it that a member needs before it can read. */
  bytesOfMember(): number;
}

interface Member {
  readonly member: MemberId;
  readonly device: DhKeyPair;
  readonly secrets: KeyPackageSecrets;
}

interface Group {
  readonly group: GroupId;
  readonly log: OpLog;
  readonly author: Author;
  readonly others: readonly [Member, ...Member[]];
}

/** A group of one author and others, whose adds are not in the log: no key depends on them. */
function groupOf(crypto: CryptoProvider, members: number): Group {
  const founder = newPerson(crypto, "founder");
  const create = { name: "bench", founder: founder.entry(), settings: [] };
  const { group, op } = authorCreate(crypto, founder.memberKey, create, 0);
  const log = emptyLog();
  place(log, op);
  const member = (): Member => ({
    member: memberId.from(crypto.random(16)),
    device: crypto.dhGenerate(),
    secrets: newKeyPackage(crypto, 1),
  });
  const author = {
    member: memberOf(crypto, group, founder.account.public),
    key: founder.memberKey,
  };
  const more = Array.from({ length: members - 2 }, member);
  return { group, log, author, others: [member(), ...more] };
}

/** A removal by which `members` stay: the op with its announcement, pages, and all chains. */
export function ourRekeying(crypto: CryptoProvider, members: number): Rekeying {
  const { group, log, author, others } = groupOf(crypto, members);
  const [reader] = others;
  const recipients = others.map(({ member, secrets }) => ({ member, package: keysOf(secrets) }));
  const ids = recipients.map(({ member }) => member);
  const own = envelopePlace(ids, reader.member) ?? { page: 0, index: 0 };
  const removed = crypto.random(16);
  let signed: Uint8Array = new Uint8Array(0);
  let pages: readonly Uint8Array[] = [];
  let announced: Announced | undefined;

  const deriveChains = (secret: Uint8Array, from: Announced): void => {
    const id = generationOf(crypto, from);
    for (const member of [author.member, ...ids])
      startChain(crypto, generationSecret(secret), group, id, member, 0);
  };
  return {
    make() {
      const made = makeGeneration(crypto, group, author, recipients, [...log.heads], "removal");
      if (made === undefined) throw new Error("a package is not usable");
      const { announcement } = made;
      const named = { targets: [removed], cuts: [], asOf: [] };
      const action = { kind: "remove" as const, ...named, announcement };
      const authored = authorOp(crypto, group, log, author, action, 0);
      const { id, parents } = authored.op;
      announced = { group, announcement, removal: { id, parents } };
      deriveChains(made.secret, announced);
      ({ signed } = authored);
      ({ pages } = made);
    },
    take() {
      const page = pages[own.page];
      if (announced === undefined || page === undefined) throw new Error("nothing was made");
      if (readOp(crypto, group, log, signed).kind !== "op") throw new Error("not an op");
      if (!isAnnouncement(crypto, announced, author.key.public)) throw new Error("not signed");
      if (!isPage(crypto, announced, own.page, page)) throw new Error("not that page");
      const { member, secrets } = reader;
      const secret = openEnvelope(crypto, announced, page, own.index, member, secrets);
      if (secret === undefined) throw new Error("not opened");
      deriveChains(secret, announced);
    },
    bytes: () => pages.reduce((sum, { length }) => sum + length, signed.length),
    bytesOfMember: () => signed.length + (pages[own.page]?.length ?? 0),
  };
}

/** The signing key that a sender makes in a new generation, and the check of it by one reader. */
export function ourSigningKey(crypto: CryptoProvider, members: number): Rekeying {
  const { group, author, others } = groupOf(crypto, members);
  const device = crypto.dhGenerate();
  const addressees = others.map(({ member, device: theirs }) => ({
    member,
    device: theirs.public,
  }));
  const ids = others.map(({ member }) => member);
  const [reader] = others;
  const purpose = {
    group,
    generation: generationId.from(crypto.random(32)),
    member: author.member,
    slot: 0,
    stream: crypto.random(8),
  };
  let record: ReturnType<typeof signingKeyRecord>;
  const bytes = () => (record === undefined ? 0 : encodeGroupSigningKey(record).length);
  return {
    make() {
      const key = crypto.signingFromSeed(crypto.random(32));
      record = signingKeyRecord(crypto, purpose, key, device, addressees);
    },
    take() {
      if (record === undefined) throw new Error("nothing was made");
      const found = checkSigningKey(crypto, group, record, device.public, reader, ids);
      if (found !== "confirmed") throw new Error(found);
    },
    bytes,
    bytesOfMember: bytes,
  };
}
