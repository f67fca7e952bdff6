/** Every target. */
import type { Target } from "./target.ts";
import { apiTargets } from "./targets-api.ts";
import { backupTargets } from "./targets-backup.ts";
import { ratchetTargets } from "./targets-ratchet.ts";
import { wireTargets } from "./targets-wire.ts";

export const targets: readonly Target[] = [
  ...wireTargets,
  ...ratchetTargets,
  ...apiTargets,
  ...backupTargets,
];
