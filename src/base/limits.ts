/** Every limit of the system, each with its reason. Sizes in bytes, times in ms. */
import { nodeLimits } from "./limits-node.ts";
import { publicLimits } from "./limits-public.ts";
import { storeLimits } from "./limits-store.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KIB = 1024;

export const limits = {
  // Text
  /** UTF-8 bytes of one message: far above any typed text, and it fits one frame. */
  textBytes: 64 * KIB,
  /**
   * UTF-8 bytes of a reaction: the longest emoji of Unicode 16, a kiss of two skin tones, has 35.
   */
  emojiBytes: 40,
  /**
   * How long disappearing messages are kept: long enough to read them, short enough to remember the
   * setting.
   */
  timerMin: 5 * SECOND,
  timerMax: 365 * DAY,
  /** Characters of a name: what fits a line on a screen. */
  nameLength: 64,
  /**
   * Characters of an account id that name its contact: 80 bits, which nobody can match with an
   * account of their own, and more than most typed names have.
   */
  accountStart: 16,
  /** Characters (UTF-16) of the user's note of a contact. */
  noteLength: 1_024,
  /** Characters of a handle: as in the name of a file, or a part of an address. */
  handleLength: 32,
  /** How long the handle of a removed contact is given to no other one, ms. */
  handleReserved: 30 * DAY,
  /** Handles of removed contacts that are kept; the oldest ones may be given before their time. */
  reservedHandles: 1_000,
  /** Characters of the newest message and of the draft in the view of a conversation. */
  previewLength: 120,
  /** Messages in the outbox of one contact: limits the disk space that an absent contact costs. */
  outboxMessages: 10_000,

  // Frames
  /** Sizes of frames on the wire; each frame is padded up to one of these (see docs/WIRE.md). */
  frameBuckets: [256, KIB, 4 * KIB, 16 * KIB, 80 * KIB] as const,
  /** The largest frame: 64 KiB of text, its envelope, and the ratchet around it. */
  frameBytes: 80 * KIB,
  /** Bytes queued for a slow peer before we close the link. */
  writeQueueBytes: 4 * 1024 * KIB,
  /** Frames received and not yet read; beyond it the stream is paused. */
  readQueueFrames: 64,
  /** Time for the hello and for each step of the handshake. */
  stepTimeout: 10 * SECOND,
  /** Silence on a live link after which we send a keepalive. */
  linkQuiet: 30 * SECOND,
  /** Silence after which the link is closed. */
  linkDead: 75 * SECOND,

  // Ratchet (Double Ratchet, MAX_SKIP)
  /** Largest jump of a message counter: the work that one forged or early frame can cause. */
  skipPerMessage: 1_000,
  /** Skipped message keys kept for a session; the oldest are deleted first. */
  skippedKeys: 2_000,
  /** Skipped keys in one row of the store: 1 KiB, which is all that using one of them rewrites. */
  skippedBlock: 16,
  /**
   * How long a skipped key is kept: a message that arrives later is retransmitted anyway.
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
  /** Time after which the next message begins one, however few messages there were. */
  pqEpochAge: DAY,
  /**
   * If a frame has less free space than this, the first message of a chain uses a larger frame, so
   * that an exchange always advances.
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
  /** A record: all have one size, so that size reveals nothing. */
  recordBytes: 512,
  /** Addresses in a record. */
  recordAddresses: 4,
  /**
   * Characters of one address, in a record or an invite: the longest IP multiaddr has 54, a host
   * name may be longer.
   */
  addressLength: 128,
  /** Age from which a record is refused: its host has published a newer one since. */
  recordAge: 2 * HOUR,
  /** How far in the future a record may be dated, as clocks differ. */
  recordAhead: 10 * MINUTE,
  /** A record is republished after a random time between these two. */
  refreshMin: 50 * MINUTE,
  refreshMax: 90 * MINUTE,
  /**
   * The first record under a new public key is published at a random time within this after
   * the epoch boundary, which is the same moment for both sides.
   */
  borderSpread: HOUR,
  /** Tags that cover records fill up to, and the largest step. */
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
   * Epochs that may be erased at one time on the word of our clock only: a wrong clock must not
   * erase a root that is still needed.
   */
  epochsUnproven: 1,

  // First contact
  inviteExpiry: DAY,
  /** Characters of a pasted text in which an invite is looked for: a long message around it. */
  pastedInvite: 16 * KIB,
  inviteExpiryMax: 30 * DAY,
  /**
   * After a claim is accepted: how long the invite's record is published, and another claimant of a
   * one-use invite is answered that it is used.
   */
  usedInvite: DAY,
  /** How long an accepted claim may be made again, to complete a pairing that was interrupted. */
  inviteClaimAge: 30 * DAY,
  /** Accounts that a list of invites names for each: the newest. */
  inviteUsers: 10,
  /** Minimum interval of events about the reuse of one invite. */
  reuseEvent: DAY,
  /** Bootstrap nodes in an invite: a second one in case the first is offline. */
  inviteBootstraps: 2,
  /** Bootstrap nodes that are sent to a contact, and accepted from one. */
  toldHosts: 2,
  /** Minimum interval of sending ours to a contact: lists are changed by hand. */
  tellHosts: DAY,
  /**
   * Bootstrap nodes of contacts that are used in total: at least four contacts would have to
   * collude to be all that we use.
   */
  learnedHosts: 8,
  /** Time without an answer after which one is forgotten. */
  learnedSilence: 30 * DAY,
  /**
   * Interval of checks whether bootstrap nodes of contacts are needed: one that a contact names is
   * not dialed before the next check.
   */
  learnedLook: 15 * SECOND,
  /** Addresses in an invite, those of bootstrap nodes included. */
  inviteHints: 4,
  /** Open invites at one time: each costs a record in the DHT and a tag to compare hellos with. */
  openInvites: 100,
  /** Accounts in the allow list: an organisation's. */
  allowedAccounts: 10_000,
  /** Claims of one reusable invite that are remembered; with the last one the invite ends. */
  inviteClaims: 1_000,
  /**
   * How long the connection of an unknown dialer is kept before it is closed, so that all refusals
   * take equally long.
   */
  refusalDelay: 2 * SECOND,
  /**
   * Hellos with an unknown index that are compared with the keys of all contacts and invites: of
   * one subnet per minute, and of all per second. 100 invites cost 300 hashes. A contact that dials
   * an old address needs one.
   */
  hellosComparedPerSubnet: 12,
  hellosCompared: 2,
  /**
   * Hellos per minute that are answered: of one contact (or of one subnet under one invite), and of
   * all subnets under one invite. Each may lead to a handshake; attempts are a second apart at
   * least.
   */
  hellosPerContact: 60,
  hellosPerInvite: 600,
  /** Largest difference of the clocks of two users who pair. */
  pairClockSkew: DAY,

  // Delivery
  /** Retries towards an absent contact. */
  retry: { min: SECOND, max: 30 * MINUTE },
  /** The longest delay while the user waits for a pairing, and how long that lasts. */
  pairingRetry: 15 * SECOND,
  pairingWait: 10 * MINUTE,
  /** How often old roots are erased and overdue messages are marked as failed. */
  upkeep: HOUR,
  /** Minimum interval of publications caused by changes of the network. */
  wakePause: 5 * SECOND,
  /**
   * Minimum interval of lookups of every absent contact caused by them: a node that just started
   * waits for nothing else.
   */
  seekPause: 2 * SECOND,
  /** Known nodes up to which a new one starts lookups of every absent contact. */
  fewHosts: 20,
  /** Time after an action of the user for which lookups of its contact have priority. */
  urgency: MINUTE,
  /**
   * How long a diagnosis of an absent contact waits for a search: a dial, a lookup and another
   * dial.
   */
  diagnosis: 45 * SECOND,
  /**
   * How long the link of an invisible node stays open after it has delivered everything: the peer
   * may still be sending.
   */
  invisibleLinger: 2 * SECOND,
  /** Clock differences up to this are not reported. */
  clockSlack: 2 * MINUTE,
  /** Difference of the time that a sender claims from the arrival that is shown with a message. */
  arrivalApart: 10 * MINUTE,
  /** Time after which an undelivered message is shown as failed. */
  deliveryExpiry: 30 * DAY,
  /** Smallest and largest retention time of messages that the user may set. */
  retentionMin: HOUR,
  retentionMax: 3650 * DAY,
  /**
   * Delay of retention after a start: it uses the wall clock, which a machine may set only after
   * booting.
   */
  retentionPause: 10 * MINUTE,
  /**
   * Longest interval of checks of expiry timers: on a machine that slept, timers fire late.
   */
  spanLook: MINUTE,
  /** Shortest interval: messages that expire soon after each other are deleted together. */
  spanPause: SECOND,
  /** Difference of wall clock and running time from which the wall clock counts as set. */
  clockSet: MINUTE,
  /**
   * Bytes a second that a contact's frames may make us read and write, over time: several long
   * texts, or hundreds of short ones.
   */
  contactRate: 512 * KIB,
  /** Such bytes at once: thousands of short messages that waited while one side was offline. */
  contactBurst: 8 * 1024 * KIB,
  /**
   * Longest delay before more is read from a contact that exceeds them: a sender that waits longer
   * for us to read closes the link.
   */
  contactPause: 10 * SECOND,
  /**
   * Bytes that each frame counts for at least, and each one that it skips: the smallest frame on
   * the wire.
   */
  frameCharge: 256,
  /** Frames that are processed together, before others of the node get their turn. */
  receiveFrames: 64,
  /** Bytes of them: one long text. */
  receiveBytes: 64 * KIB,
  /** Messages sealed and committed together before they go on the wire. */
  sendBatch: 64,
  /**
   * Bytes queued on a link by the outbox: well below `writeQueueBytes`, so that there is always
   * space for receipts.
   */
  sendBytes: 1024 * KIB,
  /** Sealed messages on the wire that are not yet acknowledged, for one contact. */
  sendWindow: 512,
  /** Lamport values are below it: a counter of honest messages never gets there. */
  lamport: 2 ** 52,
  /**
   * How far above the greatest value of its conversation a message may be: more than an outbox and
   * a send window hold, and so little that a peer cannot reach the end of the range.
   */
  lamportStep: 2 ** 16,
  /**
   * Lines of a conversation that share one Lamport value. Honest sides never use a value twice, so
   * two sides reach two; a row of the order index stays small whatever a peer sends.
   */
  lamportLines: 16,
  /**
   * How far the numbers of arrival jump in a store that has lost some: more than any node gives, so
   * that none of those is given again.
   */
  arrivalJump: 2 ** 32,
  /**
   * Messages of one contact beyond that which are kept until their values are accepted: an honest
   * one sends none.
   */
  heldMessages: 256,
  /** Messages that a job which may read many of them reads at one time: 1 MiB at most. */
  messagePage: 16,
  /** Parents of a message. */
  parents: 8,
  /**
   * Out-of-order actions kept until their message arrives: a peer that sends in order needs none,
   * and each may contain a long text.
   */
  earlyActs: 64,
  /**
   * Minimum interval of shredding replaced texts after the first time: a peer's edits determine how
   * much there is to do.
   */
  shredPause: 30 * SECOND,
  /** Newest messages of each contact that are searched for the start of an id. */
  findMessages: 1_000,
  /** Fewest characters of such a start. */
  findStart: 4,
  /** Interval of typing notifications, and how long each is valid. */
  typingPause: 3 * SECOND,
  /** How long a typing indicator is shown: two that follow each other, and a little. */
  typingShown: 7_000,
  /** Bits of a selective acknowledgement. */
  ackBits: 512,

  // API
  /** Bytes of a request or a response on the local socket. */
  rpcBytes: 1024 * KIB,
  /**
   * Durable subscriptions to the event log: each prevents events from being deleted.
   */
  followers: 32,
  /**
   * Events kept for durable subscriptions, about 320 bytes each; beyond it the oldest are deleted,
   * and subscribers that missed them are notified.
   */
  eventLog: 100_000,
  /** Delays of retrying a command that failed to process an event. */
  handOverRetry: { min: SECOND, max: MINUTE },
  /** Events queued for a slow listener. */
  eventQueue: 10_000,
  /** Characters of their JSON: above what a subscription may begin with. */
  eventQueueCharacters: 16 * 1024 * KIB,
  /** Latest events, in memory, from which a client goes on after a lost connection. */
  eventRing: 4_096,
  /** Characters of their JSON. */
  eventRingCharacters: 8 * 1024 * KIB,
  /** Programs connected to the local socket at one time. */
  apiConnections: 64,
  /** Concurrent calls of one connection; further ones wait. */
  apiCalls: 64,
  /** Bytes of responses that a program may leave unread before we close its connection. */
  apiBacklogBytes: 8 * 1024 * KIB,
  /** How long a call may wait for a state of a message or of a pairing. */
  apiWait: HOUR,
  /** Tokens of a node: more than the programs that one user runs. */
  tokens: 32,
  /** Characters of a token's name. */
  tokenName: 32,
  /** Contacts that a token can be limited to. */
  tokenPeers: 64,
  /** Time for a whole HTTP request to arrive. */
  httpRequest: 30 * SECOND,
  /** Event streams over HTTP at one time. */
  httpStreams: 16,
  /** Interval of the comments that keep an event stream open. */
  httpStreamPause: 15 * SECOND,
  /** Wrong tokens that are answered in a minute; correct ones always are. */
  httpRefusedTokens: 20,
  /** Messages in one response. */
  pageMessages: 1_000,
  /** Bootstrap addresses in the configuration. */
  bootstrapAddresses: 32,
  /** Longest path of a Unix socket (sun_path has 108 bytes with its final zero). */
  socketPath: 107,
  ...nodeLimits,
  ...publicLimits,
  ...storeLimits,
} as const;
