/** The pages with a generated part, and what generates it. */
import { apiPart } from "./api.ts";
import { architecturePart } from "./architecture.ts";
import { cliPart } from "./cli.ts";
import { errorsPart } from "./errors.ts";
import { settingsPart } from "./settings.ts";

export const pages = {
  architecture: { path: "docs/ARCHITECTURE.md", part: architecturePart },
  errors: { path: "docs/ERRORS.md", part: errorsPart },
  cli: { path: "docs/CLI.md", part: cliPart },
  api: { path: "docs/API.md", part: apiPart },
  settings: { path: "docs/SETTINGS.md", part: settingsPart },
} as const satisfies Record<string, { path: string; part: () => string | Promise<string> }>;

export const isPage = (name: string): name is keyof typeof pages => name in pages;
