/** `sotto settings`: shows and changes the settings file, with or without a running node. */
import {
  joined,
  limits,
  listed,
  padded,
  type SafeText,
  SottoError,
  safe,
} from "../../base/index.ts";
import type { Context, Define } from "../runtime/context.ts";
import { readStandardInput } from "../runtime/standard-input.ts";

type Setting = Awaited<ReturnType<typeof import("../../daemon/index.ts").readSetting>>;

export const define: Define = (command, context) => {
  const { out } = context;
  command
    .command("ls", { isDefault: true })
    .description("list all settings with their values")
    .action(() => list(context));
  command
    .command("get <key>")
    .description("show the value of one setting")
    .action((key: string) => get(key, context));
  command
    .command("set <key> <value...>")
    .description("write a setting, and check its value; of a list write all items")
    .addHelpText("after", SET_NOTES)
    .action((key: string, values: readonly string[]) => set(key, values, context));
  command
    .command("unset <key...>")
    .description("remove settings from the file, so that their defaults apply")
    .action((keys: readonly string[]) => unset(keys, context));
  command
    .command("path")
    .description("show where the settings file is")
    .action(() => out.data(context.paths.config, { path: context.paths.config }));
};

const SET_NOTES = `
Examples:
  sotto settings set mdns false
  sotto settings set retention 90d
  sotto settings set listen /ip4/0.0.0.0/tcp/4001 /ip6/::/tcp/4001
  sotto settings set allow '[]'          a list may be a JSON array, too
  sotto settings set proxy - < proxy     for an address with a password

docs/SETTINGS.md explains each setting. The rest of the file is left as it is. A running
node reads it when it starts next.`;

async function list({ out, paths }: Context): Promise<void> {
  const { listSettings } = await import("../../daemon/index.ts");
  const settings = await listSettings(paths.config);
  const width = Math.max(...settings.map(({ name }) => name.length));
  const lines = settings.map(
    (setting) =>
      safe`${setting.set ? "●" : " "} ${padded(setting.name, width)}  ${valueText(setting)}`,
  );
  out.data(joined(lines, "\n"), { path: paths.config, settings: settings.map(forPrograms) });
  out.say("● set in the file; the others have their default. Change one: sotto settings set");
}

async function get(key: string, { out, paths }: Context): Promise<void> {
  const { readSetting } = await import("../../daemon/index.ts");
  const setting = await readSetting(paths.config, key);
  const { value, unset } = setting;
  const text = Array.isArray(value) ? listed(value, "none") : String(value ?? unset);
  out.data(text, forPrograms(setting));
}

async function set(key: string, values: readonly string[], context: Context): Promise<void> {
  const piped = values.length === 1 && values[0] === "-";
  const texts = piped ? await standardInput() : values;
  const { setSetting } = await import("../../daemon/index.ts");
  const setting = await setSetting(context.paths.config, key, texts, piped);
  context.out.data(safe`✓ ${key}: ${valueText(setting)}`, forPrograms(setting));
  sayWhen([setting], context);
}

async function unset(keys: readonly string[], context: Context): Promise<void> {
  const { unsetSettings } = await import("../../daemon/index.ts");
  const settings = await unsetSettings(context.paths.config, keys);
  const lines = keys.map((key) => {
    const setting = settings.find(({ name }) => name === key);
    return setting ? safe`✓ ${key}: ${valueText(setting)} (default)` : safe`✓ ${key} removed`;
  });
  context.out.data(joined(lines, "\n"), { unset: keys, settings: settings.map(forPrograms) });
  sayWhen(settings, context);
}

function sayWhen(settings: readonly Setting[], { out }: Context): void {
  out.say("A running node reads the file at its next start: sotto down, then sotto up.");
  for (const { name, command } of settings)
    if (command !== undefined) out.say(`To change ${name} in the running node, too: ${command}`);
}

function valueText({ value, unset }: Setting): SafeText {
  if (!Array.isArray(value)) return safe`${String(value ?? unset)}`;
  return joined(value.length > 0 ? value : ["none"], ", ");
}

function forPrograms({ unset: _, command: __, ...setting }: Setting) {
  return setting;
}

/** Items of standard input, one a line. Throws `usage`, `file-unreadable`. */
async function standardInput(): Promise<string[]> {
  const bytes = await readStandardInput(limits.rpcBytes);
  if (bytes === undefined)
    throw new SottoError("usage", `The value is longer than ${limits.rpcBytes} bytes.`);
  return new TextDecoder().decode(bytes).trim().split(/\r?\n/);
}
