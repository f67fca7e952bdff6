/** Parses and formats the address of a SOCKS5 proxy. */
import type { ProxyAddress } from "../model/config.ts";

/**
 * Why a text is no proxy address, as the end of a sentence that begins with the name of the
 * setting.
 */
export type ProxyAddressError = string;

const FORM = "is not an address such as socks5://127.0.0.1:9050";

/**
 * Parses `socks5://[USER:PASSWORD@]HOST:PORT`. The host is an IP address or `localhost`: resolving
 * any other name would reveal it to the DNS server. (`socks5h` means the same: the proxy always
 * resolves names.) The error repeats nothing of the text, which may contain a password.
 */
export function parseProxy(text: string): ProxyAddress | ProxyAddressError {
  const parts = /^([a-z0-9+.-]+):\/\/(?:([^@]*)@)?(\[[0-9a-f:.]+\]|[^:@/[\]]+):(\d{1,5})\/?$/i.exec(
    text.trim(),
  );
  if (parts === null) return FORM;
  const [, scheme = "", login, written = "", digits = ""] = parts;
  if (!/^socks5h?$/i.test(scheme)) return "is not a SOCKS5 proxy, such as socks5://127.0.0.1:9050";
  const host = hostOf(written);
  if (host === undefined)
    return "needs the IP address of the proxy, because a name would be resolved without it";
  const port = Number(digits);
  if (port === 0 || port > 65_535) return FORM;
  if (login === undefined) return { host, port };
  const [user, password] = login.split(":").map(decode);
  if (!fits(user) || !fits(password) || login.split(":").length !== 2)
    return "needs a user name and a password of 1 to 255 bytes each, with %3A for : and %40 for @";
  return { host, port, login: { user, password } };
}

function hostOf(written: string): string | undefined {
  if (written.toLowerCase() === "localhost") return "127.0.0.1";
  if (written.startsWith("[")) return written.slice(1, -1);
  const bytes = written.split(".");
  const isIp = bytes.length === 4 && bytes.every((each) => /^\d{1,3}$/.test(each) && +each < 256);
  return isIp ? written : undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function fits(text: string | undefined): text is string {
  const length = new TextEncoder().encode(text ?? "").length;
  return length > 0 && length < 256;
}

/** The address as it may be shown: without user and password. */
export function proxyText({ host, port }: ProxyAddress): string {
  return `socks5://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
