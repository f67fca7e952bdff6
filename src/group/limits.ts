/** Limits of a group, each with its reason (docs/LIMITS.md). */
import { groupHeads } from "../wire/index.ts";

export const groupLimits = {
  /** Members of a group: what a message to all costs a member stays small (docs/SCALE.md). */
  members: 1_000,
  /** Members up to which a group is filled while its messages go to every member directly. */
  directMembers: 32,
  /** Members with a role. */
  admins: 64,
  /** Invitations that are kept unanswered, and those of one contact. */
  invitations: 50,
  invitationsOfContact: 8,
  /** How long (ms) an invitation is valid. */
  invitationAge: 7 * 86_400_000,
  /** Heads of the log that an operation has as parents, or that a frontier names. */
  heads: groupHeads,
  /** Operations of one author in the past of another of theirs; a later one is refused. */
  opsOfAuthor: 10_000,
  /**
   * Operations of a group from which on none is authored but those that end something, and from
   * which on the user is warned. Readers do not count: by order of arrival members would divide.
   */
  ops: 50_000,
  opsWarning: 40_000,
  /** Members above which adds are batched: a generation for 1,000 members has 1.1 MB. */
  batchedAbove: 64,
  /** For how long a generation may lack members that were added, ms. */
  addBatch: 10 * 60_000,
  /** Age (ms) and messages of a generation after which another one is made. */
  generationAge: 24 * 3_600_000,
  generationMessages: 1_000,
  /** Views of a log at earlier heads that are kept in memory. */
  views: 32,
  /** Generations whose chains are kept, and for how long (ms): others are read by repair. */
  generations: 16,
  generationKept: 30 * 86_400_000,
  /** For how long (ms) a replaced key package opens envelopes that are on their way. */
  packageKept: 48 * 3_600_000,
  /** For how long (ms) members that lag are met by the secret of a generation. */
  rendezvousKept: 90 * 86_400_000,
  /** Announcements of one member that are taken in a day, removals not counted. */
  announcementsPerDay: 64,
  /** Senders wait up to this long (ms) before they replace a worn generation: one does for all. */
  rotationSpread: 10 * 60_000,
  /** Members wait up to this long (ms) before they replace a generation of one that left. */
  leaveSpread: 60_000,
  /** Slots of records in an epoch: for up to this many recipients a few, else more. */
  fewRecipients: 8,
  fewSlots: 4,
  slots: 16,
  /** Heads of streams that a peer may send at once, and gaps that each of them names. */
  streamHeads: 4_096,
  missingRanges: 8,
  /** Requests on a link that have no answer yet; twice as many are accepted before it is closed. */
  syncRequests: 4,
  /** Requests of a link that wait to be sent, and how long (ms) one waits for its answer. */
  syncWaiting: 256,
  syncTimeout: 60_000,
  /** Bytes a second that are asked of one linked member, and given to it. */
  syncBytes: 2 * 1024 * 1024,
  /** States of a linked member in a burst, and one every so many ms after it. */
  syncStates: 8,
  syncStateEvery: 5_000,
  /** Requests without a new record after which a comparison of records is given up. */
  syncFruitless: 24,
  /** Bytes a second of news of one linked member, and of a burst; others come by sync. */
  newsBytes: 16 * 1024,
  newsBurst: 256 * 1024,
  /** How often (ms) linked members compare what they have, whether something happened or not. */
  syncEvery: 5 * 60_000,
  /** Bytes of the mesh at once: a kind, and a message of 8 KiB. Longer ones come by sync. */
  meshData: 1 + 8 * 1024,
  /** Ids of data by which a router knows what it saw; it keeps up to twice as many. */
  meshIds: 4_096,
  /** Messages of a member: a burst, and a second. Beyond it they come by sync. */
  messageBurst: 30,
  messagesPerSecond: 2,
  /** Messages of one author that sync takes in a day: what it may have written in that time. */
  messagesPerDay: 2 * 86_400,
  /** Members up to which all of them acknowledge messages, unless the group says otherwise. */
  ackedUpTo: 64,
  /** How long (ms) an acknowledgement waits for more, and how much longer for each member. */
  ackDelay: 2_000,
  ackDelayPerMember: 20,
  /** For how long (ms) operations that a member names and does not give hold messages back. */
  behindPatience: 60_000,
  /** Envelopes in one page: a page fits a frame, and a member reads only its own page first. */
  pageEnvelopes: 48,
  /** Messages of one chain whose keys are skipped at once, and kept; and of all chains. */
  chainSkippedKeys: 2_000,
  groupSkippedKeys: 20_000,
  /** Records that wait for others before they are judged. */
  waitingRecords: 512,
  /** Rows of messages that one request reads, whatever range it names. */
  rowsRead: 2_000,
} as const;
