/** The settings file: read, checked and changed key by key. */
import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import * as v from "valibot";
import { hasCode, SottoError, systemError, utf8 } from "../../base/index.ts";
import { writeAtomically } from "../../store/index.ts";
import { withMember } from "./json-members.ts";
import { type FileSettings, fileSchema } from "./schema.ts";

/** Settings to write; `undefined` removes one. Names that are not settings can be removed only. */
export type SettingChanges = Readonly<Record<string, unknown>>;

/** What the file says, {} where there is none. Throws `config-invalid`, and `systemError`. */
export async function readSettings(path: string): Promise<FileSettings> {
  return checked(path, objectOf(path, await readText(path)));
}

/** The names in the file, settings or not. Throws `config-invalid`, and `systemError`. */
export async function namesIn(path: string): Promise<string[]> {
  return Object.keys(objectOf(path, await readText(path)));
}

/**
 * Changes keys of the settings file (0600) and leaves the rest of its text as it is. A crash leaves
 * the old file or the new one, never half of one. What is written is valid, so that a change may
 * correct a file with a wrong key. Throws `config-invalid` and `file-write-failed`.
 * @param check checks the changed settings further, and throws.
 */
export async function writeSettings(
  path: string,
  changes: SettingChanges,
  check: (settings: FileSettings) => unknown = () => undefined,
): Promise<FileSettings> {
  const before = await readText(path);
  objectOf(path, before);
  let text = before;
  for (const [name, value] of Object.entries(changes)) text = withMember(text, name, value);
  const settings = checked(path, objectOf(path, text));
  await check(settings);
  if (text === before) return settings;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeAtomically(path, utf8(text));
  } catch (cause) {
    throw new SottoError("file-write-failed", `${path} cannot be written.`, { cause });
  }
  return settings;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return "{}\n";
    const what = `Cannot read ${path}`;
    throw systemError(cause, what) ?? new SottoError("config-invalid", `${what}.`, { cause });
  }
}

function objectOf(path: string, text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SottoError("config-invalid", `${path} is not JSON.`, { cause });
  }
  // An empty list would pass as an object without settings.
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new SottoError("config-invalid", `${path}: the settings must be a JSON object.`);
  return value;
}

function checked(path: string, value: object): FileSettings {
  const result = v.safeParse(fileSchema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const setting = v.getDotPath(issue) ?? "settings";
  if (issue.type === "strict_object" && issue.expected === "never")
    throw new SottoError("config-invalid", `${path}: there is no setting ${setting}.`);
  throw new SottoError("config-invalid", `${path}: ${setting} ${issue.message}.`);
}
