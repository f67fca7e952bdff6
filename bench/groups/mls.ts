/** MLS by ts-mls: in JavaScript, over WebCrypto and noble. */
import * as mls from "ts-mls";
import type { GroupPeer } from "./group-peer.ts";
import type { Rekeying } from "./rekeying.ts";

const text = new TextEncoder();

export const suites = {
  classical: "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
  "X-Wing": "MLS_256_XWING_AES256GCM_SHA512_Ed25519",
} as const satisfies Record<string, mls.CiphersuiteName>;
export type Suite = keyof typeof suites;

const implOf = (suite: Suite) => mls.getCiphersuiteImpl(mls.getCiphersuiteFromName(suites[suite]));

const newPackage = (name: string, impl: mls.CiphersuiteImpl) =>
  mls.generateKeyPackage(
    { credentialType: "basic", identity: text.encode(name) },
    mls.defaultCapabilities(),
    mls.defaultLifetime,
    [],
    impl,
  );

/** A group that one member made of all, with one commit; the first of the others has joined. */
async function groupOf(members: number, impl: mls.CiphersuiteImpl) {
  const founder = await newPackage("founder", impl);
  const { publicPackage, privatePackage } = founder;
  const id = Uint8Array.of(1);
  const alone = await mls.createGroup(id, publicPackage, privatePackage, [], impl);
  const others = [];
  for (let i = 1; i < members; i++) others.push(await newPackage(`member ${i}`, impl));
  const { newState, welcome } = await mls.createCommit(
    { state: alone, cipherSuite: impl },
    {
      extraProposals: others.map(({ publicPackage: keyPackage }) => ({
        proposalType: "add",
        add: { keyPackage },
      })),
      ratchetTreeExtension: true,
    },
  );
  const [first] = others;
  if (first === undefined || welcome === undefined) throw new Error("nobody joined");
  const joined = await mls.joinGroup(
    welcome,
    first.publicPackage,
    first.privatePackage,
    mls.emptyPskIndex,
    impl,
  );
  return { founder: newState, joined };
}

function privateOf(message: mls.MLSMessage): mls.PrivateMessage {
  if (message.wireformat !== "mls_private_message") throw new Error("not private");
  return message.privateMessage;
}

export const applicationMessages: GroupPeer = {
  name: "ts-mls, classical",
  about: "AES-128-GCM, encrypted sender data, Ed25519; a hash tree of secrets for each epoch",
  async setup() {
    const impl = await implOf("classical");
    let { founder, joined } = await groupOf(2, impl);
    return {
      async seal(plaintext) {
        const made = await mls.createApplicationMessage(founder, plaintext, impl);
        founder = made.newState;
        return made.privateMessage;
      },
      async open(message) {
        const sealed = message as mls.PrivateMessage;
        const read = await mls.processPrivateMessage(joined, sealed, mls.emptyPskIndex, impl);
        joined = read.newState;
      },
      wireBytes: (message) =>
        mls.encodeMlsMessage({
          version: "mls10",
          wireformat: "mls_private_message",
          privateMessage: message as mls.PrivateMessage,
        }).length,
    };
  },
};

/** A removal: the founder's commit, and what it costs a member to process. */
export async function mlsRekeying(suite: Suite, members: number): Promise<Rekeying> {
  const impl = await implOf(suite);
  const { founder, joined } = await groupOf(members, impl);
  let commit: mls.MLSMessage | undefined;
  return {
    async make() {
      const made = await mls.createCommit(
        { state: founder, cipherSuite: impl },
        { extraProposals: [{ proposalType: "remove", remove: { removed: members - 1 } }] },
      );
      commit = made.commit;
    },
    async take() {
      if (commit === undefined) throw new Error("nothing to process");
      await mls.processPrivateMessage(joined, privateOf(commit), mls.emptyPskIndex, impl);
    },
    bytes: () => (commit === undefined ? 0 : mls.encodeMlsMessage(commit).length),
    bytesOfMember: () => (commit === undefined ? 0 : mls.encodeMlsMessage(commit).length),
  };
}
