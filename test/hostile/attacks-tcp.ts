/**
 * What may be done to a node before Noise: to the port itself, to multistream-select and to the
 * handshake.
 */
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { concat } from "../../src/base/index.ts";
import type { Attack, Plan } from "./attack.ts";
import { line } from "./raw.ts";

/** Sockets from one address of loopback, or from many. */
class Sockets {
  readonly all: Socket[] = [];
  readonly #plan: Plan;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  open(index: number, begin: (socket: Socket) => unknown = () => undefined): void {
    const { target, from } = this.#plan;
    const socket = connect({ port: target.port, host: "127.0.0.1", localAddress: from(index) });
    socket.on("error", () => undefined).on("connect", () => begin(socket));
    socket.resume();
    this.all.push(socket);
  }

  /** How many the node has ended. */
  get dropped(): number {
    return this.all.filter(({ closed, readableEnded }) => closed || readableEnded).length;
  }

  end(): { opened: number; dropped: number } {
    const { dropped } = this;
    for (const socket of this.all) socket.destroy();
    return { opened: this.all.length, dropped };
  }
}

/** A line after the other by the one that was promised, a byte at a time. */
async function trickle(socket: Socket, bytes: Uint8Array, pause: number, until: number) {
  for (let at = 0; Date.now() < until && !socket.destroyed; at++) {
    socket.write(bytes.subarray(at % bytes.length, (at % bytes.length) + 1));
    await sleep(pause);
  }
}

function pour(socket: Socket, piece: Uint8Array, until: number): void {
  const more = (): void => {
    while (Date.now() < until && !socket.destroyed) if (!socket.write(piece)) return;
  };
  socket.on("drain", more);
  more();
}

/** Opens `count` sockets, lets each begin, and waits. */
const each =
  (count: number, begin: (socket: Socket, plan: Plan) => unknown): Attack =>
  async (plan) => {
    const sockets = new Sockets(plan);
    for (let i = 0; i < count; i++) sockets.open(i, (socket) => begin(socket, plan));
    while (Date.now() < plan.until && sockets.dropped < count) await sleep(20);
    return sockets.end();
  };

const noiseHead = concat(line("/multistream/1.0.0"), line("/noise"));

export const tcpAttacks: Readonly<Record<string, Attack>> = {
  "silent sockets": each(40, () => undefined),
  "a byte at a time of the first line": each(20, (socket, { until, pause }) =>
    trickle(socket, line("/multistream/1.0.0"), pause, until),
  ),
  "a byte at a time of the Noise handshake": each(20, (socket, { until, pause }) => {
    socket.write(noiseHead);
    void trickle(socket, Uint8Array.of(255, 255, 7, 7, 7, 7, 7, 7), pause, until);
  }),
  "garbage instead of a first line": each(20, (socket) =>
    socket.write(new Uint8Array(70_000).fill(0xa5)),
  ),
  "a first line of four gigabytes": each(10, (socket, { until }) => {
    socket.write(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f));
    pour(socket, new Uint8Array(65_536), until);
  }),
  "protocols proposed without end": each(10, (socket, { until }) => {
    socket.write(line("/multistream/1.0.0"));
    pour(socket, concat(...Array.from({ length: 500 }, () => line("/no/such/thing"))), until);
  }),
  "a wrong Noise handshake": each(20, (socket) => {
    socket.write(noiseHead);
    socket.write(concat(Uint8Array.of(0, 200), new Uint8Array(200).fill(9)));
  }),
  "sockets that come and go": async (plan) => {
    const sockets = new Sockets(plan);
    for (let i = 0; Date.now() < plan.until; i++) {
      sockets.open(i, (socket) => socket.destroy());
      if (i % 10 === 9) await sleep(5);
    }
    return { ...sockets.end(), dropped: 0 };
  },
};
