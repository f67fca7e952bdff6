/**
 * All domain-separation strings: one for each purpose of a key or a tag, no two alike. They are
 * part of the protocol (docs/SPEC.md).
 */
export const labels = {
  // Identity
  accountKey: "sotto/1 account key",
  deviceCertificate: "sotto/1 device certificate",
  safetyNumber: "sotto/1 safety number",
  // Invite
  invitePsk: "sotto/1 invite psk",
  inviteRoot: "sotto/1 invite root",
  inviteEpoch: "sotto/1 invite epoch",
  inviteId: "sotto/1 invite id",
  // Rendezvous
  epochOffset: "sotto/1 epoch offset",
  nextRoot: "sotto/1 next root",
  recordSign: "sotto/1 record signing key",
  recordSeal: "sotto/1 record sealing key",
  recordSignature: "sotto/1 record",
  publicKey: "sotto/1 public key",
  decoy: "sotto/1 decoy",
  // Link
  linkKey: "sotto/1 link key",
  linkPsk: "sotto/1 link psk",
  helloIndex: "sotto/1 hello index",
  helloTag: "sotto/1 hello tag",
  helloSeal: "sotto/1 hello seal",
  answerTag: "sotto/1 answer tag",
  answerSeal: "sotto/1 answer seal",
  // Signal
  signalTag: "sotto/1 signal tag",
  signalSeal: "sotto/1 signal seal",
  signalAnswerTag: "sotto/1 signal answer tag",
  signalAnswerSeal: "sotto/1 signal answer seal",
  // Private mesh
  networkPrologue: "sotto/1 network prologue",
  networkService: "sotto/1 network service",
  // Handshake
  handshakeName: "Noise_XXhfs+psk0_25519+MLKEM768_ChaChaPoly_SHA256",
  handshakePrologue: "sotto/1 handshake",
  sessionKeys: "sotto/1 session keys",
  pairRoot: "sotto/1 pair root",
  // Ratchet
  ratchetRoot: "sotto/1 ratchet root",
  ratchetMessage: "sotto/1 ratchet message key",
  postQuantumChain: "sotto/1 post-quantum chain",
  postQuantumEpoch: "sotto/1 post-quantum epoch",
  // Group: ids, and what each key of a member signs
  groupOpId: "sotto/1 group op id",
  groupOpSignature: "sotto/1 group op signature",
  groupMember: "sotto/1 group member",
  groupMemberKey: "sotto/1 group member key",
  groupConsent: "sotto/1 group consent",
  groupRenew: "sotto/1 group renew",
  groupPackage: "sotto/1 group key package",
  groupPackageHash: "sotto/1 group package hash",
  groupAnnouncement: "sotto/1 group key announcement",
  // Group: key generations, chains and messages
  groupGeneration: "sotto/1 group generation",
  groupCommit: "sotto/1 group commit",
  groupPage: "sotto/1 group envelope page",
  groupEnvelope: "sotto/1 group envelope",
  groupEnvelopeKem: "sotto/1 group envelope kem",
  groupRendezvous: "sotto/1 group rendezvous secret",
  groupRendezvousRoot: "sotto/1 group rendezvous root",
  groupRendezvousEpoch: "sotto/1 group rendezvous epoch",
  groupSlot: "sotto/1 group slot",
  groupChain: "sotto/1 group chain",
  groupMessageKey: "sotto/1 group message key",
  groupMessageCheck: "sotto/1 group message check",
  groupMessageHash: "sotto/1 group message hash",
  groupMessageId: "sotto/1 group message id",
  groupMessage: "sotto/1 group message signature",
  groupSigningKey: "sotto/1 group signing key",
  groupSigningKeySelf: "sotto/1 group signing key proof",
  groupStreams: "sotto/1 group streams",
  groupRecord: "sotto/1 group record id",
  groupRecords: "sotto/1 group records fingerprint",
  groupAck: "sotto/1 group ack",
  groupLinkKeys: "sotto/1 group link keys",
  groupLinkStates: "sotto/1 group link states",
  // Backup
  backupId: "sotto/1 backup id",
  backupSeal: "sotto/1 backup seal",
  // Store
  storeKeyWrap: "sotto/1 store key wrap",
  storeSeal: "sotto/1 store seal",
  storeBlind: "sotto/1 store blind",
  storeTally: "sotto/1 store tally",
  storeProof: "sotto/1 store proof",
  storeVault: "sotto/1 store vault",
  storeCount: "sotto/1 store count",
} as const;
