/** Limits of a group, each with its reason (docs/LIMITS.md). */
export const groupLimits = {
  /** Members of a group: what a message to all costs a member stays small (docs/SCALE.md). */
  members: 1_000,
  /** Members with a role. */
  admins: 64,
  /** Heads of the log that an operation has as parents, or that a frontier names. */
  heads: 16,
  /** Operations of one author in the past of another of theirs; a later one is refused. */
  opsOfAuthor: 10_000,
  /** Envelopes in one page: a page fits a frame, and a member reads only its own page first. */
  pageEnvelopes: 48,
  /** Messages of one chain whose keys are skipped at once, and kept. */
  chainSkippedKeys: 2_000,
} as const;
