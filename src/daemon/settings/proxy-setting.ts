/** The proxy setting, from the settings file or from the command line. */
import { limits, SottoError } from "../../base/index.ts";
import { type ProxyAddress, parseProxy } from "../../node/index.ts";
import { readLimited } from "../process/read-limited.ts";

/** The options of the command line. */
export interface GivenProxy {
  /** Without user and password, which other programs could read. */
  readonly proxy?: string;
  /** A file with the address of the proxy, with user and password. */
  readonly proxyFile?: string;
}

/**
 * Where a node of a person listens if nothing else was said and no proxy is used: on all
 * interfaces, at ports that the system chooses.
 */
export const everywhere: readonly string[] = ["/ip4/0.0.0.0/tcp/0", "/ip6/::/tcp/0"];

/** The settings that concern a proxy. */
interface KeptProxy {
  readonly proxy?: string | undefined;
  readonly mdns?: boolean | undefined;
  readonly portMapping?: boolean | undefined;
  readonly publicDht?: boolean | undefined;
}

/**
 * Throws `config-invalid` for the settings file, also for one that asks for what a proxy forbids,
 * `proxy-invalid` for the command line, and `file-unreadable`. No message repeats what was given,
 * which may hold a password.
 */
export async function readProxy(
  path: string,
  file: KeptProxy,
  given: GivenProxy,
): Promise<ProxyAddress | undefined> {
  const proxy = (await givenProxy(given)) ?? ofSettings(path, file.proxy);
  if (proxy === undefined) return undefined;
  const conflicting = (["mdns", "portMapping", "publicDht"] as const).find(
    (setting) => file[setting] === true,
  );
  if (conflicting !== undefined)
    throw new SottoError(
      "config-invalid",
      `${path}: ${conflicting} must not be true together with a proxy.`,
    );
  return Object.freeze(proxy);
}

function ofSettings(path: string, text: string | undefined): ProxyAddress | undefined {
  const parsed = text === undefined ? undefined : parseProxy(text);
  if (typeof parsed === "string")
    throw new SottoError("config-invalid", `${path}: proxy ${parsed}.`);
  return parsed;
}

async function givenProxy({ proxy, proxyFile }: GivenProxy): Promise<ProxyAddress | undefined> {
  if (proxy !== undefined && proxyFile !== undefined)
    throw new SottoError("proxy-invalid", "Give --proxy or --proxy-file, not both.");
  const text = proxyFile === undefined ? proxy : await readText(proxyFile);
  if (text === undefined) return undefined;
  const where = proxyFile === undefined ? "--proxy" : "The address in --proxy-file";
  const parsed = parseProxy(text);
  if (typeof parsed === "string") throw new SottoError("proxy-invalid", `${where} ${parsed}.`);
  if (proxyFile === undefined && parsed.login !== undefined)
    throw new SottoError(
      "proxy-invalid",
      "--proxy contains a user name and a password, which other programs can read on the " +
        "command line.",
    );
  return parsed;
}

async function readText(path: string): Promise<string> {
  const bytes = await readLimited(path, path, limits.secretFileBytes);
  if (bytes !== undefined) return new TextDecoder().decode(bytes).trim();
  throw new SottoError("proxy-invalid", `${path} is too long for the address of a proxy.`);
}
