/** How much chaos. The defaults keep the whole folder within twelve minutes on two cores. */
import { env } from "node:process";
import { shareOf } from "../support/share.ts";

const size = (name: string, otherwise: number) => Number(env[name] ?? otherwise);

export const sizes = {
  /** kill -9 of two people under load, of three, and of two who pair. */
  kills: {
    two: size("SOTTO_CHAOS_KILLS_TWO", shareOf(90)),
    three: size("SOTTO_CHAOS_KILLS_THREE", shareOf(70)),
    pairing: size("SOTTO_CHAOS_KILLS_PAIRING", shareOf(50)),
  },
  /** Batches of messages in which a daemon is killed. */
  batches: Math.max(2, shareOf(6)),
  /** Rounds of changes of host keys, of four changes each. */
  rotations: shareOf(3),
  /** How long a daemon is stopped by SIGSTOP, s. A link is given up after 75. */
  stopped: size("SOTTO_CHAOS_STOPPED", 90 + shareOf(30)),
  /** Messages each way over the lossy link. */
  lossy: size("SOTTO_CHAOS_LOSSY", shareOf(150)),
  /** Of a hundred packets, how many the lossy link drops. */
  loss: size("SOTTO_CHAOS_LOSS", 25),
  /** How often the clock jumps. */
  jumps: size("SOTTO_CHAOS_JUMPS", shareOf(12)),
} as const;
