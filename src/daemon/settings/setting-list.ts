/** Settings as a person reads and types them: values, defaults, and changes from texts. */
import * as v from "valibot";
import { SottoError } from "../../base/index.ts";
import { parseProxy } from "../../node/index.ts";
import { everywhere, readProxy } from "./proxy-setting.ts";
import { defaults, type FileSettings, fileSchema, settingTexts } from "./schema.ts";
import { namesIn, readSettings, writeSettings } from "./settings-file.ts";

type SettingName = keyof FileSettings;
type SettingValue = string | number | boolean | readonly string[];

export interface Setting {
  readonly name: string;
  /** The value of the file, or else the default; absent: `unset`. A proxy's login is masked. */
  readonly value?: SettingValue;
  /** Absent: none, as `unset` says. */
  readonly default?: SettingValue;
  /** Whether the file names it. */
  readonly set: boolean;
  /** What applies where there is neither a value nor a default. */
  readonly unset: string;
  /** A command that changes it in the running node, too. */
  readonly command?: string;
}

const names = Object.keys(fileSchema.entries) as SettingName[];

/** A setting. Throws `usage` for an unknown name, and what `readSettings` throws. */
export async function readSetting(path: string, name: string): Promise<Setting> {
  return settingOf(knownName(name), await readSettings(path));
}

/** Every setting in the order of docs/SETTINGS.md. Throws what `readSettings` throws. */
export async function listSettings(path: string): Promise<Setting[]> {
  const file = await readSettings(path);
  return names.map((name) => settingOf(name, file));
}

/**
 * Writes a setting into the file. Throws `usage` for an unknown name or a value that the setting
 * does not accept, and what `writeSettings` throws.
 * @param texts the value; of a list its items, or one JSON array.
 * @param secret whether no other program can read `texts`, so that they may contain a password.
 */
export async function setSetting(
  path: string,
  name: string,
  texts: readonly string[],
  secret: boolean,
): Promise<Setting> {
  const known = knownName(name);
  const value = acceptedValue(known, texts);
  if (known === "proxy" && !secret && String(value).includes("@"))
    throw new SottoError(
      "usage",
      "This proxy address contains a login, which other programs can read on the command line. " +
        "Write it to standard input: sotto settings set proxy -",
    );
  const file = await writeSettings(path, { [known]: value }, (file) => readProxy(path, file, {}));
  return settingOf(known, file);
}

/**
 * Removes settings from the file, and names that are no settings, which a node would refuse. Throws
 * `usage` for a name that is neither a setting nor in the file, and what `writeSettings` throws.
 * @returns the settings among them.
 */
export async function unsetSettings(path: string, given: readonly string[]): Promise<Setting[]> {
  const present = await namesIn(path);
  for (const name of given) if (!present.includes(name)) knownName(name);
  const changes = Object.fromEntries(given.map((name) => [name, undefined]));
  const file = await writeSettings(path, changes, (file) => readProxy(path, file, {}));
  return names.filter((name) => given.includes(name)).map((name) => settingOf(name, file));
}

/** Throws `usage`. */
function knownName(name: string): SettingName {
  const known = names.find((each) => each === name);
  if (known !== undefined) return known;
  throw new SottoError(
    "usage",
    `There is no setting ${JSON.stringify(name)}. All of them: sotto settings ls`,
  );
}

function settingOf(name: SettingName, file: FileSettings): Setting {
  const { unset = "none", command } = settingTexts[name];
  const otherwise = defaultOf(name, file);
  const value = file[name] ?? otherwise;
  return {
    name,
    ...(value !== undefined && { value: name === "proxy" ? masked(String(value)) : value }),
    ...(otherwise !== undefined && { default: otherwise }),
    set: file[name] !== undefined,
    unset: unset.replaceAll("`", ""),
    ...(command !== undefined && { command }),
  };
}

function defaultOf(name: SettingName, { proxy }: FileSettings): SettingValue | undefined {
  if (name in defaults) return defaults[name as keyof typeof defaults];
  switch (name) {
    case "listen":
      return proxy === undefined ? everywhere : [];
    case "mdns":
    case "portMapping":
      return proxy === undefined;
    default:
      return undefined;
  }
}

/** The address of a proxy without its login. */
function masked(text: string): string {
  const proxy = parseProxy(text);
  if (typeof proxy === "string") return "(not the address of a proxy)";
  return text.trim().replace(/\/\/.*@/, "//***:***@");
}

/** Throws `usage`. */
function acceptedValue(name: SettingName, texts: readonly string[]): unknown {
  const schema = fileSchema.entries[name].wrapped;
  const result = v.safeParse(schema, typed(schema.type, texts));
  if (result.success && name === "proxy") {
    const parsed = parseProxy(String(result.output));
    if (typeof parsed !== "string") return result.output;
    throw new SottoError("usage", `proxy ${parsed}.`);
  }
  if (result.success) return result.output;
  const [issue] = result.issues;
  const item = issue.path?.[0]?.value;
  const which = item === undefined ? "" : ` ${JSON.stringify(item)}`;
  throw new SottoError("usage", `${name}:${which} ${issue.message}.`);
}

function typed(type: string, texts: readonly string[]): unknown {
  const [first = "", ...more] = texts;
  if (type === "array") return more.length === 0 && /^\s*\[/.test(first) ? parsed(first) : texts;
  if (more.length > 0)
    throw new SottoError("usage", `This setting has one value, not ${texts.length}.`);
  return type === "string" ? first : parsed(first);
}

/** The value of a JSON text; the text itself where it is none, which the schema refuses. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
