import { searchInputs } from "../../properties/fuzz/search.ts";
import { apiTargets } from "../../properties/fuzz/targets-api.ts";
import { backupTargets } from "../../properties/fuzz/targets-backup.ts";
import { ratchetTargets } from "../../properties/fuzz/targets-ratchet.ts";

describe("inputs of the ratchet, the API and backups, searched for long", () =>
  searchInputs([...ratchetTargets, ...apiTargets, ...backupTargets]));
