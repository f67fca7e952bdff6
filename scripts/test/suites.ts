/**
 * The suites of tests: which files each one runs, with how many jobs, the fewest tests that a
 * complete run has, and its time limit. A suite that ran fewer tests died early and fails.
 */
import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

export interface Suite {
  /** Folders (ending in a slash) and files below test/. */
  readonly paths: readonly string[];
  /** Folders and files that it leaves out. */
  readonly without?: readonly string[];
  /** Folders and files that start first: those that take longest, so that none is left alone. */
  readonly first?: readonly string[];
  /**
   * Files that run at the same time. One where tests measure the machine or share a resource; more
   * than two where many wait for nodes and processes, so that two cores stay busy.
   */
  readonly jobs: 1 | 2 | 3 | 4;
  /** Whether temporary files are kept on the disk: for tests about it. Else in memory. */
  readonly onDisk?: true;
  /** The fewest tests that a complete run reports, skipped ones included. */
  readonly floor: number;
  /** The same for a run with a tenth of the seeds, where seeds are tests. */
  readonly tenth?: number;
  /** Minutes after which a run is stopped and fails. */
  readonly minutes: number;
}

/** Folders besides `slow/` whose tests only shards run: attacks, and searches of all memory. */
export const shardFolders: readonly string[] = ["hostile/", "secrets/"];

/** Everything but the slow tests: `npm test`. */
export const all: Suite = {
  paths: [""],
  without: ["slow/", ...shardFolders],
  first: [
    ...["cli/protect.test.ts", "messenger/simulation.test.ts", "node/public-dht/"],
    ...["cli/process.test.ts", "messenger/outbox/delivery.test.ts", "node/dht/"],
    ...["node/nat/", "support/suites.test.ts", "support/setup.test.ts", "cli/", "node/", "e2e/"],
  ],
  jobs: 4,
  floor: 2700,
  minutes: 20,
};

/** What a change can affect, of which `npm run test:changed` runs that which it does. */
export const affectable: Suite = { ...all, without: ["slow/"], floor: 1 };

/**
 * Pure modules, messenger, store and daemon: `npm run test:fast`. Files that simulate long runs, or
 * let processes die at each of many steps, are left to `npm test`.
 */
export const fast: Suite = {
  paths: [""],
  without: [
    ...["slow/", ...shardFolders, "cli/", "e2e/", "node/", "support/"],
    ...["messenger/simulation.test.ts", "messenger/outbox/edit-storm.test.ts"],
    ...["messenger/outbox/mark-read.test.ts", "messenger/discovery/cover-records.test.ts"],
    ...["messenger/inbox/flood.test.ts", "messenger/inbox/disk-reserve.test.ts"],
    ...["messenger/state/store-faults.test.ts", "store/encryption/key-vault.test.ts"],
    ...["store/crash.test.ts", "store/keyring/protection.test.ts"],
    ...["store/repair/", "daemon/home/lock-home.test.ts"],
  ],
  jobs: 2,
  floor: 1980,
  minutes: 10,
};

/** The slow tests in shards of at most 15 minutes on two cores: `npm run test:slow`. */
export const shards: Readonly<Record<string, Suite>> = {
  chaos: {
    paths: ["slow/chaos/"],
    // The longest.
    first: [
      ...["slow/chaos/crowd.test.ts", "slow/chaos/faults.test.ts", "slow/chaos/kill.test.ts"],
      ...["slow/chaos/disk.test.ts"],
    ],
    jobs: 3,
    floor: 31,
    tenth: 28,
    minutes: 20,
  },
  scenario: { paths: ["slow/scenario/"], jobs: 2, floor: 550, tenth: 65, minutes: 20 },
  hostile: { paths: ["slow/hostile/", "hostile/"], jobs: 1, floor: 55, minutes: 20 },
  secrets: { paths: ["secrets/"], jobs: 1, floor: 3, minutes: 10 },
  fuzz: { paths: ["slow/fuzz/"], jobs: 2, floor: 28, minutes: 20 },
  network: {
    paths: ["slow/lan/", "slow/nat/", "slow/node/", "slow/proxy/", "slow/public/"],
    jobs: 1,
    floor: 33,
    minutes: 20,
  },
  platform: { paths: ["slow/platform/"], jobs: 1, floor: 4, minutes: 20 },
  storage: {
    paths: ["slow/cli/", "slow/privacy/", "slow/store/"],
    jobs: 1,
    onDisk: true,
    floor: 17,
    minutes: 20,
  },
  group: { paths: ["slow/group/"], jobs: 2, floor: 38, tenth: 20, minutes: 15 },
  deploy: { paths: ["slow/deploy/"], jobs: 1, onDisk: true, floor: 12, minutes: 20 },
  tor: { paths: ["slow/tor/"], jobs: 1, floor: 5, minutes: 15 },
};

export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** Every file of tests, as paths from the root of the repository with forward slashes. */
export function testFiles(): string[] {
  return readdirSync(join(root, "test"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

/** The files of a suite, in the order in which they start. */
export function filesOf({ paths, without = [], first = [] }: Suite, files = testFiles()): string[] {
  const within = (file: string, place: string): boolean => file.startsWith(`test/${place}`);
  const rank = (file: string): number => {
    const place = first.findIndex((each) => within(file, each));
    return place < 0 ? first.length : place;
  };
  return files
    .filter((file) => paths.some((place) => within(file, place)))
    .filter((file) => !without.some((place) => within(file, place)))
    .toSorted((one, other) => rank(one) - rank(other));
}
