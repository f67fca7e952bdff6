/** Every bound in the system, each with its reason. Sizes in bytes, times in ms. */
import { nodeLimits } from "./limits-node.ts";
import { publicLimits } from "./limits-public.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KIB = 1024;

export const limits = {
  // Text
  /** UTF-8 bytes of one message: far above any typed text, and it still fits one frame. */
  textBytes: 64 * KIB,
  /**
   * UTF-8 bytes of a reaction: the longest emoji of Unicode 16, a kiss of two skin tones, has 35.
   */
  emojiBytes: 40,
  /**
   * How long disappearing messages are kept: shorter nobody could read them, longer nobody
   * remembers.
   */
  timerMin: 5 * SECOND,
  timerMax: 365 * DAY,
  /** Characters of a name: what a line on a screen can show. */
  nameLength: 64,
  /** Messages that may wait for one contact: bounds the disk that one absent contact can cost. */
  outboxMessages: 10_000,

  // Frames
  /** Sizes of frames on the wire; each frame is padded up to one of these (see docs/WIRE.md). */
  frameBuckets: [256, KIB, 4 * KIB, 16 * KIB, 80 * KIB] as const,
  /** The largest frame: 64 KiB of text, its envelope, and the ratchet around it. */
  frameBytes: 80 * KIB,
  /** Bytes that may wait for a slow peer before we drop the link. */
  writeQueueBytes: 4 * 1024 * KIB,
  /** Frames received and not yet taken by the reader; beyond it the stream is paused. */
  readQueueFrames: 64,
  /** How long the peer has for the hello and each step of the handshake. */
  stepTimeout: 10 * SECOND,
  /** A live link that says nothing for this long is asked for a sign of life. */
  linkQuiet: 30 * SECOND,
  /** And is given up when it stays silent this long. */
  linkDead: 75 * SECOND,

  // Ratchet (Double Ratchet, MAX_SKIP)
  /** Largest jump of one message's counter: work that one forged or early frame can cause. */
  skipPerMessage: 1_000,
  /** Skipped message keys kept for a session; the oldest go first. */
  skippedKeys: 2_000,
  /**
   * How long a skipped key is kept: a message that is later than this will be sent again anyway.
   */
  skippedKeyAge: 30 * DAY,
  /** Old receiving chains whose header keys are still tried. */
  oldChains: 5,
  /**
   * The post-quantum part of a header: at most a whole encapsulation key (1184), with two numbers
   * of 2 bytes.
   */
  sckaMessage: 1_188,
  /**
   * Messages between two post-quantum exchanges: with those that carry the exchange, about 50 an
   * epoch in a chat.
   */
  pqEpochMessages: 40,
  /** And begin one in the first message after this time, however few there were. */
  pqEpochAge: DAY,
  /**
   * Where less is free in a frame, the first message of a chain takes a larger one: so an exchange
   * always advances.
   */
  pqPiece: 32,
  /**
   * Payload of handshake message 2 or 3: a certificate, capabilities and a name are a few hundred
   * bytes.
   */
  handshakePayload: 4 * KIB,

  // Rendezvous
  /** Length of an epoch of rendezvous keys. */
  epoch: DAY,
  /** A record: one size for all, so that size tells nothing. */
  recordBytes: 512,
  /** Addresses in a record. */
  recordAddresses: 4,
  /**
   * Characters of one address, in a record or an invite: the longest IP multiaddr has 54, a host
   * name may be longer.
   */
  addressLength: 128,
  /** A record older than this is refused: its host has surely published a newer one. */
  recordAge: 2 * HOUR,
  /** A record from the future beyond this is refused: clocks differ, but not by more. */
  recordAhead: 10 * MINUTE,
  /** A record is published anew after a random time between these two. */
  refreshMin: 50 * MINUTE,
  refreshMax: 90 * MINUTE,
  /**
   * The first record under a new public key comes within this time after the border, at random: a
   * border is the same moment for both sides.
   */
  borderSpread: HOUR,
  /** Tags that decoys fill up to, and the largest step. */
  decoyTags: 512,
  decoyStep: 64,
  /** Time for one put to or get from the DHT. */
  dhtTimeout: 20 * SECOND,
  /** Tags whose highest sequence a validator remembers. */
  validatorTags: 50_000,

  /**
   * Epochs that a pair may be derived ahead of its oldest root: about 11 years, 40 ms of hashing.
   */
  epochsAhead: 4_000,
  /**
   * Epochs that our clock alone may erase at one time: of a wrong clock it must not lose a root
   * that is still needed.
   */
  epochsUnproven: 1,

  // First contact
  inviteExpiry: DAY,
  inviteExpiryMax: 30 * DAY,
  /** Bootstrap hosts in an invite: a second one for the day on which the first is gone. */
  inviteBootstraps: 2,
  /** Bootstrap hosts that a contact tells of, and that are taken of one. */
  toldHosts: 2,
  /** How often a contact is told of ours, at most: lists change by hand. */
  tellHosts: DAY,
  /**
   * Bootstrap hosts of contacts that are asked in all: four contacts at least have to agree to be
   * all that we ask.
   */
  learnedHosts: 8,
  /** One that was asked for so long in vain is forgotten. */
  learnedSilence: 30 * DAY,
  /**
   * Between two looks at whether hosts of contacts are to be asked: what a contact names meanwhile
   * is not dialled.
   */
  learnedLook: 15 * SECOND,
  /** Addresses in an invite, those of bootstrap hosts included. */
  inviteHints: 4,
  /** Open invites at one time: each costs a record in the DHT and a tag to compare hellos with. */
  openInvites: 100,
  /** Accounts in the list of those who may be linked with: an organisation's. */
  allowedAccounts: 10_000,
  /** Claims of one reusable invite that are remembered; beyond it the invite is over. */
  inviteClaims: 1_000,
  /**
   * How long a stranger's connection is kept before it is dropped, so that no answer and every
   * error take alike.
   */
  refusalDelay: 2 * SECOND,
  /** Clocks of two people who pair may differ by this much. */
  pairClockSkew: DAY,

  // Delivery
  /** Retries towards an absent contact. */
  retry: { min: SECOND, max: 30 * MINUTE },
  /** How often old roots are erased and overdue messages given up. */
  upkeep: HOUR,
  /** At most this often does news from the network make us publish again. */
  wakePause: 5 * SECOND,
  /**
   * At most this often does it make us look for every absent contact: a newcomer waits for nothing
   * else.
   */
  seekPause: 2 * SECOND,
  /** While no more nodes are known, one that appears makes us look for every absent contact. */
  fewHosts: 20,
  /** After an act of the person, a search for whom it concerns goes before others for so long. */
  urgency: MINUTE,
  /**
   * Somebody who asks why a contact is not linked waits this long for a search of it: a dial, a
   * lookup and another dial.
   */
  diagnosis: 45 * SECOND,
  /**
   * An invisible node's link stays so long after it has brought everything: what the other side has
   * in hand still comes.
   */
  invisibleLinger: 2 * SECOND,
  /** Clocks that differ by less need no word. */
  clockSlack: 2 * MINUTE,
  /** A message that could not be delivered for this long is shown as failed. */
  deliveryExpiry: 30 * DAY,
  /** How long messages may be kept at most, where the person wants an end. */
  retentionMin: HOUR,
  retentionMax: 3650 * DAY,
  /**
   * Old messages go by the wall clock: a machine that starts with a wrong one has this long to set
   * it.
   */
  retentionPause: 10 * MINUTE,
  /**
   * Between two looks at messages whose time runs: a machine that slept wakes with timers that come
   * late.
   */
  spanLook: MINUTE,
  /** And at least this long: messages that go one after the other go together. */
  spanPause: SECOND,
  /** The wall clock was set if it went on by this much more or less than the machine ran. */
  clockSet: MINUTE,
  /** Messages sealed and committed together before they go on the wire. */
  sendBatch: 64,
  /**
   * Bytes handed to a link and not taken by it yet: well below `writeQueueBytes`, so that receipts
   * always fit beside them.
   */
  sendBytes: 1024 * KIB,
  /** Sealed messages on the wire that are not yet acknowledged, for one contact. */
  sendWindow: 512,
  /** Parents that a message names. */
  parents: 8,
  /**
   * Acts kept for messages that are not here yet: a peer that sends in order needs none, and each
   * may hold a long text.
   */
  earlyActs: 64,
  /**
   * Replaced texts are made unreadable at once, and then at most this often: a peer's edits decide
   * how much is to do.
   */
  shredPause: 30 * SECOND,
  /** Messages of each contact, from the newest, among which the start of an id is looked for. */
  findMessages: 1_000,
  /** Characters of such a start, at least. */
  findStart: 4,
  /** Between two signs that somebody is writing, and as long each is good. */
  typingPause: 3 * SECOND,
  /** Bits of a selective acknowledgement. */
  ackBits: 512,

  // Search
  /**
   * Characters of a word that the index keeps: longer ones are addresses and keys, found by their
   * start.
   */
  searchWord: 32,
  /** Words of one question: more is a pasted text. */
  searchTerms: 16,
  /**
   * Messages that wait for the index before it takes them in, 256 rows at a time; until then they
   * are read through.
   */
  searchWaiting: 256,
  /**
   * Messages in a batch of the index: a word costs a question as many rows as there are batches.
   */
  searchBatch: 4_096,
  /**
   * Rows of one word that a question reads at one time: the newest first, so that a common word
   * ends soon.
   */
  searchRows: 16,

  // At rest
  /**
   * How long old states of sessions stay readable for who has the store's key: a turn writes about
   * 20 KiB.
   */
  shredEvery: 5 * MINUTE,
  /**
   * What a stored passphrase cost may ask of this machine: above any sane choice, below a hostile
   * file's.
   */
  passphraseMemoryKiB: 1024 * KIB,
  passphrasePasses: 16,
  passphraseLanes: 4,

  /** A backup: far above ten thousand contacts, and it is read whole. */
  backupBytes: 64 * 1024 * KIB,
  /** Bytes of a backup in one answer of the API, where they stand in base64. */
  backupPart: 512 * KIB,
  /**
   * Tables that are read whole at each opening, to be held against their checksums: about a fifth
   * of a second.
   */
  verifyBytes: 32 * 1024 * KIB,
  /** How long the keychain of the system may take: it may ask the person for a password. */
  keychainWait: MINUTE,

  // API
  /** A request or an answer on the local socket. */
  rpcBytes: 1024 * KIB,
  /**
   * Programs that follow the log of events, each under a name: each keeps events from being
   * forgotten.
   */
  followers: 32,
  /**
   * Events that are kept for followers, at about 320 bytes each; beyond it the oldest go, and who
   * missed them is told.
   */
  eventLog: 100_000,
  /** Retries of a command that did not take an event. */
  handOverRetry: { min: SECOND, max: MINUTE },
  /** Events that a slow listener may be behind. */
  eventQueue: 10_000,
  /** Programs connected to the local socket at one time. */
  apiConnections: 64,
  /** Calls of one connection that are being worked on; further ones wait. */
  apiCalls: 64,
  /** Bytes of answers that a program may leave unread before we close its connection. */
  apiBacklogBytes: 8 * 1024 * KIB,
  /** How long a call may wait for a state of a message or of a pairing. */
  apiWait: HOUR,
  /** Messages in one answer. */
  pageMessages: 1_000,
  /** Bootstrap addresses in the configuration. */
  bootstrapAddresses: 32,
  /** Unix socket paths end here (sun_path is 108 bytes with its final zero). */
  socketPath: 107,
  ...nodeLimits,
  ...publicLimits,
} as const;
