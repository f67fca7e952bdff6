/**
 * Asking the router for a port (NAT-PMP, RFC 6886): packets go to the gateway of this machine and to nobody else, and what another
 * one answers is not heard.
 */
import { createSocket } from "node:dgram";
import { readFile } from "node:fs/promises";
import { limits, readU32, u32 } from "../base/index.ts";
import type { Clock, Log } from "../ports/index.ts";
import type { PortMapState } from "./config.ts";

/** RFC 6886 §1.1. */
const PORT = 5351;
const MAP_TCP = 2;
const ADDRESS = 0;
/** The highest bit of an operation marks its answer. */
const ANSWER = 128;

export interface Gateway {
  readonly ip: string;
  readonly port: number;
}

/** The gateway of the default route, where the system tells (Linux). */
export async function defaultGateway(): Promise<Gateway | undefined> {
  const table = await readFile("/proc/net/route", "utf8").catch(() => "");
  for (const line of table.split("\n").slice(1)) {
    const [, destination, gateway, flags = "0"] = line.split("\t");
    const isGateway = (Number.parseInt(flags, 16) & 2) !== 0;
    if (destination !== "00000000" || !isGateway || !/^[0-9A-F]{8}$/.test(gateway ?? "")) continue;
    // The kernel shows the bytes of the address as a number of this machine, which is little-endian on what Node runs on.
    return { ip: Buffer.from(`${gateway}`, "hex").reverse().join("."), port: PORT };
  }
  return undefined;
}

interface Asking {
  readonly gateway: Gateway;
  readonly clock: Clock;
  readonly tries: number;
  readonly signal?: AbortSignal;
}

/** The gateway's answer to one request, or `undefined` where it gives none that is sound. */
function request(
  { gateway, clock, tries, signal }: Asking,
  bytes: Uint8Array,
): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    let cancel = (): void => undefined;
    const done = (answer?: Uint8Array): void => {
      cancel();
      signal?.removeEventListener("abort", give);
      socket.removeAllListeners();
      // What comes late, or a second time, is nobody's.
      socket.on("error", () => undefined);
      socket.close();
      resolve(answer);
    };
    const give = (): void => done();
    const send = (made: number): void => {
      if (made >= tries || signal?.aborted === true) {
        done();
        return;
      }
      socket.send(bytes, () => undefined);
      cancel = clock.after(limits.portMapWait * 2 ** made, () => send(made + 1));
    };
    socket.on("error", give);
    socket.on("message", (answer) => {
      const fits = answer[0] === 0 && answer[1] === ANSWER + (bytes[1] ?? 0);
      if (fits && answer.length >= 8) done(Uint8Array.from(answer));
    });
    // Connected: the kernel drops what comes from anywhere else.
    socket.connect(gateway.port, gateway.ip, () => {
      signal?.addEventListener("abort", give, { once: true });
      send(0);
    });
  });
}

const readU16 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

const succeeded = (answer: Uint8Array | undefined, length: number): answer is Uint8Array =>
  answer?.length === length && readU16(answer, 2) === 0;

/** Asks for `port` on the outside for a time, s; 0 gives it back. @returns the port that was given, and for how long. */
async function map(asking: Asking, port: number, seconds: number) {
  const bytes = new Uint8Array(12);
  bytes.set([0, MAP_TCP, 0, 0, port >> 8, port & 255]);
  if (seconds > 0) bytes.set([port >> 8, port & 255], 6);
  bytes.set(u32(seconds), 8);
  const answer = await request(asking, bytes);
  if (!succeeded(answer, 16) || readU16(answer, 8) !== port) return undefined;
  return { port: readU16(answer, 10), seconds: readU32(answer, 12) };
}

/** The router's address on the outside. */
async function externalIp(asking: Asking): Promise<string | undefined> {
  const answer = await request(asking, Uint8Array.of(0, ADDRESS));
  return succeeded(answer, 12) ? answer.slice(8).join(".") : undefined;
}

export interface PortMapOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Whom to ask; looked up before each time. */
  readonly gateway: () => Promise<Gateway | undefined>;
  /** The TCP port that we listen on behind a router; `undefined` where there is none. */
  readonly port: () => number | undefined;
  /** Told when we have another address outside, or none any more. */
  readonly changed: () => void;
}

/** Keeps one port of the router open to us, and gives it back at the end. */
export class PortMap {
  readonly #options: PortMapOptions;
  #held: { readonly gateway: Gateway; readonly port: number } | undefined;
  #state: PortMapState = { state: "none" };
  #cancel = (): void => undefined;
  #asking: Promise<void> | undefined;
  readonly #leaving = new AbortController();

  constructor(options: PortMapOptions) {
    this.#options = options;
  }

  state(): PortMapState {
    return this.#state;
  }

  /** Asks now, and again in time. */
  ask(): void {
    if (this.#leaving.signal.aborted) return;
    this.#cancel();
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
  }

  /** Gives the port back, in one packet: a router that does not hear it forgets the port by itself. */
  async stop(): Promise<void> {
    this.#cancel();
    this.#leaving.abort();
    await this.#asking;
    await this.#giveBack(undefined);
  }

  /** Gives back what we hold, unless it is this port. */
  async #giveBack(port: number | undefined): Promise<void> {
    const held = this.#held;
    if (held === undefined || held.port === port) return;
    this.#held = undefined;
    await map({ gateway: held.gateway, clock: this.#options.clock, tries: 1 }, held.port, 0);
  }

  async #ask(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#leaving;
    const port = this.#options.port();
    const gateway = port === undefined ? undefined : await this.#options.gateway();
    let [seconds, state]: [number, PortMapState] = [limits.portMapSeconds, { state: "none" }];
    await this.#giveBack(port);
    if (gateway !== undefined && port !== undefined && !signal.aborted) {
      this.#held = { gateway, port };
      const asking = { gateway, clock, tries: limits.portMapTries, signal };
      const given = await map(asking, port, limits.portMapSeconds);
      const ip = given && (await externalIp(asking));
      seconds = Math.min(seconds, Math.max(120, given?.seconds ?? seconds));
      state =
        given === undefined || ip === undefined
          ? { state: "refused" }
          : { state: "mapped", address: `/ip4/${ip}/tcp/${given.port}` };
    }
    if (signal.aborted) return;
    this.#cancel = clock.after(seconds * 500, () => this.ask());
    const before = this.#state;
    this.#state = state;
    if (before.state === state.state && before.address === state.address) return;
    log("portmap.changed", { state: state.state });
    this.#options.changed();
  }
}
