/** Where a run of tests keeps its temporary files: in memory, where the machine lets it. */
import { readFileSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

/** The file system in memory that Linux machines and most containers have. */
const MEMORY = "/dev/shm";

/** The fewest bytes that must be free in it. A whole run was seen to use less than 1 GiB. */
const FREE = 4 * 2 ** 30;

/**
 * The directory for temporary files. Tests open hundreds of stores, which wait for the disk at
 * every commit; in memory they do not. The usual directory where memory is short, or may hold no
 * programs: tests put some there.
 */
export function scratchParent(
  mounts: () => string = () => readFileSync("/proc/self/mounts", "utf8"),
  free: () => number = () => {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize;
  },
): string {
  try {
    const rows = mounts()
      .split("\n")
      .map((line) => line.split(" "));
    const options = rows.findLast(([, place]) => place === MEMORY)?.[3]?.split(",") ?? [];
    const usable = options.includes("rw") && !options.includes("noexec") && free() >= FREE;
    return usable ? MEMORY : tmpdir();
  } catch {
    // Not Linux.
    return tmpdir();
  }
}
