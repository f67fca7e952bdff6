/** Limits of a group, each with its reason (docs/LIMITS.md). */
export const groupLimits = {
  /** Members of a group: what a message to all costs a member stays small (docs/SCALE.md). */
  members: 1_000,
  /** Members with a role. */
  admins: 64,
  /** Parents of an operation, and heads that a frontier names. */
  parents: 16,
  /** Bytes of an operation with its signature. */
  opBytes: 16 * 1024,
  /** Operations of one author in the past of another of theirs; a later one is refused. */
  opsOfAuthor: 10_000,
  /** Operations of a log beyond which only leaving, removing and dissolving are authored. */
  opsOfGroup: 50_000,
  /** Entries of an add, and targets of a removal. */
  addEntries: 32,
  removeTargets: 16,
  /** Envelopes in one page: a page fits a frame, and a member reads only its own page first. */
  pageEnvelopes: 48,
  /** Messages of one chain whose keys are skipped at once, and kept. */
  skippedKeys: 2_000,
  /** Bytes of UTF-8. */
  nameBytes: 64,
  topicBytes: 512,
} as const;
