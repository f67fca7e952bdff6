/**
 * Whether a directory is safe for the socket of a node. The node and its clients both ask: who
 * can replace the socket could receive what a client sends, passphrases too.
 */
import { SottoError } from "../base/index.ts";

/** Facts of a directory, from lstat and stat. */
export interface DirectoryFacts {
  readonly uid: number;
  readonly mode: number;
  /** The path itself is a symbolic link; the other facts are those of its target. */
  readonly isLink: boolean;
}

const ROOT = 0;

/**
 * Throws `socket-unsafe` if another user could replace a socket in `directory`. In a parent that
 * others can write to, such as /tmp, it must be a directory of this user with mode 0700.
 * @param uid the numeric id of this user.
 */
export function requireSafeDirectory(
  path: string,
  directory: DirectoryFacts,
  parent: DirectoryFacts,
  uid: number,
): void {
  const fault = faultOf(directory, parent, uid);
  if (fault === undefined) return;
  throw new SottoError("socket-unsafe", `The directory of the socket, ${path}, ${fault}.`);
}

function faultOf(
  directory: DirectoryFacts,
  parent: DirectoryFacts,
  uid: number,
): string | undefined {
  const belongsToOther = ({ uid: owner }: DirectoryFacts) => owner !== uid && owner !== ROOT;
  if (belongsToOther(parent)) return "is in a directory of another user";
  if (isShared(parent)) {
    if (directory.isLink) return "is a symbolic link in a directory that other users can write to";
    if (directory.uid !== uid) return "belongs to another user";
    if ((directory.mode & 0o077) !== 0) return "is open to other users; its mode must be 0700";
  }
  if (belongsToOther(directory)) return "belongs to another user";
  // In a sticky directory only the owner of a file can rename it.
  const isSticky = (directory.mode & 0o1000) !== 0;
  return isShared(directory) && !isSticky ? "can be written to by other users" : undefined;
}

const isShared = ({ mode }: DirectoryFacts) => (mode & 0o022) !== 0;
