/** Limits of a group, each with its reason (docs/LIMITS.md). */
import { groupHeads } from "../wire/index.ts";

export const groupLimits = {
  /** Members of a group: what a message to all costs a member stays small (docs/SCALE.md). */
  members: 1_000,
  /** Members with a role. */
  admins: 64,
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
  /** Senders wait up to this long (ms) before they replace a worn generation: one does for all. */
  rotationSpread: 10 * 60_000,
  /** Slots of records in an epoch: for up to this many recipients a few, else more. */
  fewRecipients: 8,
  fewSlots: 4,
  slots: 16,
  /** Heads of streams that a peer may send at once, and gaps that each of them names. */
  streamHeads: 4_096,
  missingRanges: 8,
  /** Envelopes in one page: a page fits a frame, and a member reads only its own page first. */
  pageEnvelopes: 48,
  /** Messages of one chain whose keys are skipped at once, and kept. */
  chainSkippedKeys: 2_000,
} as const;
