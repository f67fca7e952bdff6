/** What a keychain of a system can do, whichever it is. */

/** Keeps texts under names. Each throws `keychain-missing` and `keychain-locked`. */
export interface TextKeychain {
  get(name: string): Promise<string | undefined>;
  /** Replaces what has this name. */
  set(name: string, text: string): Promise<void>;
  /** Nothing where there is none. */
  remove(name: string): Promise<void>;
}
