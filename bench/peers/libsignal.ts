/**
 * Signal's own library: PQXDH, and the Triple Ratchet with its sparse post-quantum ratchet. Rust
 * behind N-API; stores are asynchronous callbacks into JavaScript, so each operation crosses the
 * border several times however they keep things.
 */
import * as S from "@signalapp/libsignal-client";
import { type Peer, readMany, type Side, type Talk } from "./peer.ts";

const DEVICE = 1;
const REGISTRATION = 5;
const HELLO = new Uint8Array(10);

class LiveSessions extends S.SessionStore {
  readonly #records = new Map<string, S.SessionRecord>();
  override async saveSession(name: S.ProtocolAddress, record: S.SessionRecord) {
    this.#records.set(name.name(), record);
  }
  override async getSession(name: S.ProtocolAddress) {
    return this.#records.get(name.name()) ?? null;
  }
  override async getExistingSessions(names: S.ProtocolAddress[]) {
    return names.flatMap((name) => this.#records.get(name.name()) ?? []);
  }
}

class StoredSessions extends S.SessionStore {
  readonly #records = new Map<string, Uint8Array<ArrayBuffer>>();
  override async saveSession(name: S.ProtocolAddress, record: S.SessionRecord) {
    this.#records.set(name.name(), record.serialize());
  }
  override async getSession(name: S.ProtocolAddress) {
    const bytes = this.#records.get(name.name());
    return bytes === undefined ? null : S.SessionRecord.deserialize(bytes);
  }
  override async getExistingSessions(names: S.ProtocolAddress[]) {
    const found = await Promise.all(names.map((name) => this.getSession(name)));
    return found.filter((record) => record !== null);
  }
}

class Identities extends S.IdentityKeyStore {
  readonly #pair: S.IdentityKeyPair;
  readonly #known = new Map<string, S.PublicKey>();
  constructor(pair: S.IdentityKeyPair) {
    super();
    this.#pair = pair;
  }
  override async getIdentityKey() {
    return this.#pair.privateKey;
  }
  override async getIdentityKeyPair() {
    return this.#pair;
  }
  override async getLocalRegistrationId() {
    return REGISTRATION;
  }
  override async saveIdentity(name: S.ProtocolAddress, key: S.PublicKey) {
    this.#known.set(name.name(), key);
    return S.IdentityChange.NewOrUnchanged;
  }
  override async isTrustedIdentity() {
    return true;
  }
  override async getIdentity(name: S.ProtocolAddress) {
    return this.#known.get(name.name()) ?? null;
  }
}

/** A record by its number; the library asks only for what is there. */
function got<Record>(records: ReadonlyMap<number, Record>, id: number): Record {
  const record = records.get(id);
  if (record === undefined) throw new Error("no such key");
  return record;
}

class PreKeys extends S.PreKeyStore {
  readonly #records = new Map<number, S.PreKeyRecord>();
  override async savePreKey(id: number, record: S.PreKeyRecord) {
    this.#records.set(id, record);
  }
  override async getPreKey(id: number) {
    return got(this.#records, id);
  }
  override async removePreKey(id: number) {
    this.#records.delete(id);
  }
}

class SignedPreKeys extends S.SignedPreKeyStore {
  readonly #records = new Map<number, S.SignedPreKeyRecord>();
  override async saveSignedPreKey(id: number, record: S.SignedPreKeyRecord) {
    this.#records.set(id, record);
  }
  override async getSignedPreKey(id: number) {
    return got(this.#records, id);
  }
}

class KyberPreKeys extends S.KyberPreKeyStore {
  readonly #records = new Map<number, S.KyberPreKeyRecord>();
  override async saveKyberPreKey(id: number, record: S.KyberPreKeyRecord) {
    this.#records.set(id, record);
  }
  override async getKyberPreKey(id: number) {
    return got(this.#records, id);
  }
  override async markKyberPreKeyUsed() {}
}

interface Person {
  readonly address: S.ProtocolAddress;
  readonly pair: S.IdentityKeyPair;
  readonly sessions: S.SessionStore;
  readonly identities: Identities;
  readonly preKeys: PreKeys;
  readonly signedPreKeys: SignedPreKeys;
  readonly kyberPreKeys: KyberPreKeys;
}

function person(name: string, sessions: S.SessionStore): Person {
  const pair = S.IdentityKeyPair.generate();
  return {
    address: S.ProtocolAddress.new(name, DEVICE),
    pair,
    sessions,
    identities: new Identities(pair),
    preKeys: new PreKeys(),
    signedPreKeys: new SignedPreKeys(),
    kyberPreKeys: new KyberPreKeys(),
  };
}

/** What a server would hand out of a person: one key of each kind, signed. */
async function bundleOf({ pair, preKeys, signedPreKeys, kyberPreKeys }: Person) {
  const once = S.PrivateKey.generate();
  const signed = S.PrivateKey.generate();
  const kyber = S.KEMKeyPair.generate();
  const sign = (key: { serialize(): Uint8Array<ArrayBuffer> }) =>
    pair.privateKey.sign(key.serialize());
  const [signature, kyberSignature] = [sign(signed.getPublicKey()), sign(kyber.getPublicKey())];
  await preKeys.savePreKey(1, S.PreKeyRecord.new(1, once.getPublicKey(), once));
  await signedPreKeys.saveSignedPreKey(
    1,
    S.SignedPreKeyRecord.new(1, 0, signed.getPublicKey(), signed, signature),
  );
  await kyberPreKeys.saveKyberPreKey(1, S.KyberPreKeyRecord.new(1, 0, kyber, kyberSignature));
  return S.PreKeyBundle.new(
    REGISTRATION,
    DEVICE,
    1,
    once.getPublicKey(),
    1,
    signed.getPublicKey(),
    signature,
    pair.publicKey,
    1,
    kyber.getPublicKey(),
    kyberSignature,
  );
}

/** A message in the form in which it is sent. */
interface Sent {
  readonly first: boolean;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

function sideOf(me: Person, other: Person): Side {
  async function open({ first, bytes }: Sent): Promise<void> {
    if (first) {
      await S.signalDecryptPreKey(
        S.PreKeySignalMessage.deserialize(bytes),
        other.address,
        me.address,
        me.sessions,
        me.identities,
        me.preKeys,
        me.signedPreKeys,
        me.kyberPreKeys,
      );
    } else {
      const message = S.SignalMessage.deserialize(bytes);
      await S.signalDecrypt(message, other.address, me.address, me.sessions, me.identities);
    }
  }
  return {
    async seal(text) {
      const message = await S.signalEncrypt(
        Uint8Array.from(text),
        other.address,
        me.address,
        me.sessions,
        me.identities,
      );
      return {
        first: message.type() === S.CiphertextMessageType.PreKey,
        bytes: message.serialize(),
      } satisfies Sent;
    },
    async openAll(messages) {
      for (const message of messages) await open(message as Sent);
    },
    wireBytes: (message) => (message as Sent).bytes.length,
    stateBytes: async () => (await me.sessions.getSession(other.address))?.serialize().length ?? 0,
  };
}

async function setupOver(store: () => S.SessionStore): Promise<Talk & { alicesRecord: Stored }> {
  const [a, b] = [person("alice", store()), person("bob", store())];
  const bundle = await bundleOf(b);
  await S.processPreKeyBundle(bundle, b.address, a.address, a.sessions, a.identities);
  const [alice, bob] = [sideOf(a, b), sideOf(b, a)];
  await bob.openAll([await alice.seal(HELLO)]);
  await alice.openAll([await bob.seal(HELLO)]);
  return { alice, bob, alicesRecord: () => a.sessions.getSession(b.address) };
}

type Stored = () => Promise<S.SessionRecord | null>;

export const libsignal: Peer = {
  name: "libsignal",
  about: "PQXDH, Double Ratchet, SPQR; sessions kept as live handles in memory",
  setup: () => setupOver(() => new LiveSessions()),
  async many(count) {
    const { alicesRecord } = await setupOver(() => new LiveSessions());
    const bytes = (await alicesRecord())?.serialize();
    if (bytes === undefined) throw new Error("no session");
    return readMany(count, () => S.SessionRecord.deserialize(bytes));
  },
};

export const libsignalStored: Peer = {
  name: "libsignal, stored",
  about: "the same, each session serialised after every operation and read before the next",
  setup: () => setupOver(() => new StoredSessions()),
};
