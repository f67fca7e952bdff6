/**
 * Handles: a stable name of a contact in ASCII, for addresses, completion and file names. It is
 * derived once from the first name of the contact, and a rename does not change it. Pure.
 */
import { limits } from "../../base/index.ts";

/** Addresses of a gateway's own services. */
const RESERVED: ReadonlySet<string> = new Set(["me", "invite", "groups", "all", "node"]);

/** What could be the start of an account id. */
const ACCOUNT_START = new RegExp(`^[a-z2-7]{${limits.accountStart},}$`);

/** What a handle is made of, where a name has nothing that fits. */
const PREFIX = "contact-";
/** Characters of an account id after it. */
const SHORT_ID = 4;

/**
 * The handle of a name: 1 to `limits.handleLength` characters of a to z, 0 to 9 and hyphen.
 * @param isTaken whether a handle cannot be given; reserved words cannot in any case.
 */
export function deriveHandle(
  name: string,
  account: string,
  isTaken: (handle: string) => boolean,
): string {
  const plain = name
    .toLowerCase()
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "-");
  const base = cut(plain, limits.handleLength);
  const fits = base !== "" && !ACCOUNT_START.test(base);
  return firstFree(fits ? base : PREFIX + account.slice(0, SHORT_ID), isTaken);
}

/** The handle of a contact without a name, until it has one. */
export function provisionalHandle(account: string, isTaken: (handle: string) => boolean): string {
  return firstFree(PREFIX + account.slice(0, limits.accountStart), isTaken);
}

/** The base, or the base with the first number from 2 on that is free. */
function firstFree(base: string, isTaken: (handle: string) => boolean): string {
  const isFree = (handle: string): boolean => !RESERVED.has(handle) && !isTaken(handle);
  if (isFree(base)) return base;
  for (let number = 2; ; number++) {
    const ending = `-${number}`;
    const handle = cut(base, limits.handleLength - ending.length) + ending;
    if (isFree(handle)) return handle;
  }
}

/** Without hyphens at its ends, before and after it is cut. */
function cut(text: string, length: number): string {
  return text.replace(/^-+/, "").slice(0, length).replace(/-+$/, "");
}
