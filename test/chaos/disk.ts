/**
 * A disk of a few megabytes, in a mount namespace of its own: a process that is started through it
 * may fill it.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";

const unshare = ["unshare", "--map-root-user", "--mount"] as const;

/** Why there can be no small disk here; `undefined` where there can. */
export function noSmallDisk(): string | undefined {
  try {
    const [command, ...args] = unshare;
    execFileSync(command, [...args, "mount", "-t", "tmpfs", "none", "/mnt"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "this machine lets us mount no tmpfs";
  }
}

export class SmallDisk {
  /** What a process that shall see the disk is started through. */
  readonly through: readonly string[];
  readonly path: string;
  readonly #holder: ChildProcess;

  private constructor(path: string, holder: ChildProcess) {
    this.path = path;
    this.#holder = holder;
    const pid = String(holder.pid);
    this.through = ["nsenter", "--target", pid, "--user", "--mount", "--preserve-credentials"];
  }

  /** Mounts one over a directory, which is made. @param size as mount(8) takes it, such as 4m. */
  static async make(path: string, size: string): Promise<SmallDisk> {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const [command, ...args] = unshare;
    const mount = `mount -t tmpfs -o size=${size},mode=700 none "$0" && echo ready && exec sleep 3600`;
    const holder = spawn(command, [...args, "sh", "-c", mount, path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(holder.stdout, "data");
    return new SmallDisk(path, holder);
  }

  /** Leaves no byte free. */
  fill(): void {
    this.run('cat /dev/zero > "$0/filler" 2> /dev/null; sync "$0/filler"');
  }

  free(): void {
    this.run('rm "$0/filler"');
  }

  /** Runs a line of shell that sees the disk at $0. */
  run(script: string): void {
    const [command = "", ...args] = this.through;
    execFileSync(command, [...args, "sh", "-c", script, this.path], { stdio: "ignore" });
  }

  async close(): Promise<void> {
    const closed = once(this.#holder, "close");
    this.#holder.kill("SIGKILL");
    await closed;
  }
}
