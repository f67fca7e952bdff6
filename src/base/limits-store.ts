/** Limits of what this machine keeps: search index, store, backups; part of `limits`. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const KIB = 1024;

export const storeLimits = {
  // Search
  /**
   * Characters of a word that the index keeps: longer ones are addresses and keys, found by their
   * start.
   */
  searchWord: 32,
  /** Words of one question: more is a pasted text. */
  searchTerms: 16,
  /**
   * Different terms of one message that the index contains: more than the words of nearly any text
   * of 64 KiB.
   */
  messageTerms: 2_048,
  /** Messages that wait for the index before it takes them in; until then a search reads them. */
  searchWaiting: 256,
  /** Characters of such messages, from which they are taken in however few they are. */
  searchWaitingLength: 512 * KIB,
  /** Terms of messages that are committed in one step: each step writes up to 256 rows. */
  searchStepPostings: 8_192,
  /** Characters of messages in one step. */
  searchStepLength: 256 * KIB,
  /** Characters of messages after which a long job lets others run: a few ms of work. */
  breatheLength: 16 * KIB,
  /** Messages in a batch of the index: a term costs a query as many rows as there are batches. */
  searchBatch: 4_096,
  /** Terms of messages in a batch, which is the same for texts of 16 different words. */
  searchPostings: 65_536,
  /**
   * Rows of one word that a question reads at one time: the newest first, so that a common word
   * ends soon.
   */
  searchRows: 16,

  // At rest
  /**
   * How long old session states stay readable with the store key: shredding them writes about
   * 20 KiB.
   */
  shredEvery: 5 * MINUTE,
  /**
   * Largest cost parameters of a passphrase that are accepted from a file: above any sensible
   * choice, below what a hostile file could demand.
   */
  passphraseMemoryKiB: 1024 * KIB,
  passphrasePasses: 16,
  passphraseLanes: 4,
  /** Characters of a new passphrase at least, as NIST SP 800-63B says. */
  passphraseLength: 8,
  /**
   * Estimated bits below which a new passphrase is called weak: at 100,000 guesses a second, each
   * of 64 MiB and three passes, half of 2^50 take 170 years.
   */
  passphraseBits: 50,

  /**
   * Free space on the disk below which content of contacts is not accepted, at most a tenth of a
   * small disk: what compaction needs, and what contacts send at once between two checks.
   */
  diskReserve: 256 * 1024 * KIB,
  /** Interval of checks of the free space, and while content arrives. */
  diskCheck: 30 * SECOND,
  diskCheckBusy: SECOND,
  /** Interval of checks that the home of a running node and its socket are still there. */
  homePoll: 5 * SECOND,
  /** Size of a backup, which is read whole: ten thousand contacts need far less. */
  backupBytes: 64 * 1024 * KIB,
  /** Bytes of a backup in one API response, before base64. */
  backupPart: 512 * KIB,
  /**
   * Bytes of tables whose checksums are verified at each opening: about a fifth of a second.
   */
  verifyBytes: 32 * 1024 * KIB,
  /** Bytes of a file with a passphrase, a recovery phrase or a proxy, which the user names. */
  secretFileBytes: 4 * KIB,
  /** Time for the keychain of the system, which may ask the user for a password. */
  keychainWait: MINUTE,
} as const;
