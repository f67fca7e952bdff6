/**
 * What may keep two people apart: found by the messenger, told by the API, put into words by the
 * faces.
 */

/**
 * By the person's word, or for the want of it: blocked, not-allowed (by the settings), key-changed,
 * asks-us, invisible (and nothing to send); by the contact's policy hidden (and no proxy is set),
 * lan-behind-proxy (and one is set), lan-only (and not found on our network). Pairing came to
 * nothing: denied, used, expired. Somebody answers there: not-known (who says nothing, as one does
 * to strangers), not-proven (with what they could not have made), undecided (about our request).
 * Nothing to go by: nobody-to-ask, clock-apart (their record is from our future), record-old,
 * no-record, no-address. Nobody is there: own-address, other-host, other-network (a host without
 * our network's key), unreached. searching: the search is not over.
 */
export const contactCauses = [
  "blocked",
  "key-changed",
  "asks-us",
  "invisible",
  "hidden",
  "lan-behind-proxy",
  "lan-only",
  "denied",
  "used",
  "expired",
  "not-known",
  "not-proven",
  "undecided",
  "nobody-to-ask",
  "clock-apart",
  "record-old",
  "no-record",
  "no-address",
  "own-address",
  "other-host",
  "other-network",
  "not-allowed",
  "unreached",
  "searching",
] as const;

export type ContactCause = (typeof contactCauses)[number];
