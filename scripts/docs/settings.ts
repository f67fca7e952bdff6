/** The tables of docs/SETTINGS.md, from the schema of the settings file and the rules of paths. */
import { resolvePaths } from "../../src/api/index.ts";
import {
  defaults,
  type FileSettings,
  fileSchema,
  settingTexts,
} from "../../src/daemon/settings/schema.ts";
import { table } from "./generated.ts";

export function settingsPart(): string {
  const keys = Object.keys(fileSchema.entries) as (keyof FileSettings)[];
  return [
    "## Where files are",
    "",
    ...table(["where", "settings file", "account, keys and store", "socket"], pathRows()),
    "",
    "## Keys",
    "",
    ...table(["key", "type", "default", "command line", "effect"], keys.map(keyRow)),
  ].join("\n");
}

/** A user of Linux with a login session, and one of macOS, which sets none of the XDG variables. */
const LINUX = { XDG_RUNTIME_DIR: "/run/user/UID" };
const PLACES: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["Linux", LINUX],
  ["Linux, `SOTTO_PROFILE=work`", { ...LINUX, SOTTO_PROFILE: "work" }],
  ["macOS, or Linux without a login session", {}],
  ["`SOTTO_HOME=/srv/alice`, any platform", { ...LINUX, SOTTO_HOME: "/srv/alice" }],
];

function pathRows(): string[][] {
  return PLACES.map(([where, env]) => {
    const around = { env, home: "~", temporary: "/tmp", uid: 1000, current: "/" };
    const { config, home, socket } = resolvePaths(around);
    return [where, ...[config, home, socket].map((path) => `\`${path}\``)];
  });
}

function keyRow(key: keyof FileSettings): string[] {
  const { unset, option = "–", effect } = settingTexts[key];
  const literal = key in defaults ? `\`${defaults[key as keyof typeof defaults]}\`` : undefined;
  if ((unset === undefined) === (literal === undefined))
    throw new Error(`${key} needs a value in defaults or a text in settingTexts, not both`);
  return [`\`${key}\``, typeOf(key), literal ?? unset ?? "", option, effect];
}

/** What a schema reveals about itself: its kind, and for a pipe each check and its bound. */
interface Described {
  readonly type: string;
  readonly pipe?: readonly { readonly type: string; readonly requirement?: unknown }[];
}

function typeOf(key: keyof FileSettings): string {
  const schema = fileSchema.entries[key].wrapped as Described;
  const bound = (check: string) => schema.pipe?.find(({ type }) => type === check)?.requirement;
  const [least, most] = [bound("min_value"), bound("max_value")];
  switch (schema.type) {
    case "array":
      return `list of strings, at most ${bound("max_length")}`;
    case "number":
      return most === undefined ? `integer, ${least} or more` : `integer, ${least} to ${most}`;
    default:
      return schema.type;
  }
}
