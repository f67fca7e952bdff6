/**
 * What the synchronisation of a group asks of the group, and gives to it. Everything that is stored
 * is behind this interface; the protocol itself has no state that outlives a link.
 */
import type {
  GenerationId,
  GroupMessageKey,
  MemberId,
  OpId,
  RecordId,
  RecordItem,
  SeqRange,
  StreamHead,
  WantedRange,
} from "../../group/index.ts";
import type { Link } from "../../wire/index.ts";

/** What a linked member stated of itself. */
export interface StatedByMember {
  /** The heads of its log. */
  readonly frontier: readonly OpId[];
  /** First 16 bytes of its newest generation, as hex. */
  readonly generation?: string;
  /** The greatest Lamport value that it has. */
  readonly lamport: number;
}

/** Messages for one member, in ascending seq. */
export interface GivenMessages {
  readonly messages: readonly Uint8Array[];
  /** Messages that are here and that this member is not given: it is not in their audience. */
  readonly withheld: readonly SeqRange[];
}

/** A message key, by the hash of its message (`messageHash`, 32 bytes). */
export interface MessageKey {
  readonly message: Uint8Array;
  readonly mk: GroupMessageKey;
}

/** What the group lacks and can be asked for by hash (32 bytes each), most wanted first. */
export interface LackingItems {
  /** Envelope pages: this node's own page of a generation first. */
  readonly pages: readonly Uint8Array[];
  /** Messages that are here without a key. */
  readonly keys: readonly Uint8Array[];
  /** Generations whose envelope for this node does not open. */
  readonly broken: readonly GenerationId[];
}

/** The fate of data that a member sent: `hostile` where no honest member has it. */
export type Taken = "taken" | "hostile";

/** The link as synchronisation uses it. */
export interface SyncLink {
  readonly member: MemberId;
  /** Of the link's handshake, 32 bytes: under it states are compared. */
  readonly key: Uint8Array;
  /** The member is not in this node's log: nothing but records is taken, and nothing given. */
  readonly provisional: boolean;
  /** The account was removed: if it asks it is given the op of that, and nothing else. */
  readonly removed?: boolean;
  /** @returns whether the link accepted the message. */
  send(message: Link): boolean;
  close(): void;
}

export interface SyncSource {
  /** This node in the group. */
  readonly us: MemberId;
  isMember(member: MemberId): boolean;
  /**
   * The op that removed an account and ops before it, oldest first, at most `linkLists.news`: the
   * only records that it is given. It was a member when they were made, and may lack some.
   */
  removalOf(member: MemberId): readonly RecordId[];

  /** What is here of each stream. With more than 8 gaps a head ends below the ninth. */
  heads(): readonly StreamHead[];
  /** All records in their order, `inRecordOrder`. The array is not changed while it is in use. */
  records(): readonly RecordItem[];
  frontier(): readonly OpId[];
  newestGeneration(): GenerationId | undefined;
  lamport(): number;
  lacking(): LackingItems;

  /** A record as it travels (u8 kind ‖ bytes), or `undefined` where it is no longer here. */
  readRecord(id: RecordId): Promise<Uint8Array | undefined>;
  /**
   * The messages of a range for a member that asks, which is a member now: those in whose audience
   * it is, up to `bytes` in all, or one. It may end before the range does, and looks at a bounded
   * number of rows.
   */
  readMessages(range: WantedRange, to: MemberId, bytes: number): Promise<GivenMessages>;
  readPage(hash: Uint8Array, to: MemberId): Promise<Uint8Array | undefined>;
  /** The key of a message that is here, for a member in its audience. */
  readKey(message: Uint8Array, to: MemberId): Promise<GroupMessageKey | undefined>;

  /** Verifies and stores records in one batch. Those that wait for others are no fault. */
  takeRecords(records: readonly Uint8Array[], from: MemberId): Promise<Taken>;
  /** Verifies messages that were asked for and stores them in one batch. */
  takeMessages(messages: readonly Uint8Array[], from: MemberId): Promise<Taken>;
  /** Each page has a hash that was asked for. */
  takePages(pages: readonly Uint8Array[], from: MemberId): Promise<Taken>;
  /** Each key is of a message that was asked for; it is verified against the message's `check`. */
  takeKeys(keys: readonly MessageKey[], from: MemberId): Promise<Taken>;

  /** A linked member stated what it has, at first on each link. */
  stated(member: MemberId, state: StatedByMember): void;
  /** Heads that a linked member sent: proof that it holds these messages. */
  holds(member: MemberId, heads: readonly StreamHead[]): void;
  /** The author of these streams made two messages of one seq. */
  forked(heads: readonly StreamHead[], from: MemberId): void;
  /** A member cannot open its envelope of a generation: a new one is due. Once a day a member. */
  broken(generation: GenerationId, from: MemberId): void;
}
