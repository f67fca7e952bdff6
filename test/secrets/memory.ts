/**
 * Looks for secrets in the memory of a whole process from outside, where what was freed but not
 * written over is found too. Linux, and a parent that may read its child:
 *
 * node --import tsx test/secrets/memory.ts
 */
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measured, unmasked } from "./child.ts";

const PIECE = 4 << 20;

/** Kinds of secrets to how many of them stand somewhere in the memory of a process. */
function remains(
  pid: number,
  secrets: readonly { kind: string; masked: string }[],
): Record<string, number> {
  const heads = new Map<number, { kind: string; secret: Buffer }[]>();
  for (const { kind, masked } of secrets) {
    const secret = unmasked(masked);
    const head = secret.readUInt32LE(0);
    heads.set(head, [...(heads.get(head) ?? []), { kind, secret }]);
  }
  const found = new Map<string, string>();
  const memory = openSync(`/proc/${pid}/mem`, "r");
  const piece = Buffer.alloc(PIECE + 32);
  for (const line of readFileSync(`/proc/${pid}/maps`, "latin1").split("\n")) {
    const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
    if (from === undefined || to === undefined) continue;
    for (let at = Number.parseInt(from, 16); at < Number.parseInt(to, 16); at += PIECE) {
      const want = Math.min(piece.length, Number.parseInt(to, 16) - at);
      let got = 0;
      try {
        got = readSync(memory, piece, 0, want, at);
      } catch {
        // A guard page: nothing is there.
      }
      for (let i = 0; i + 32 <= got; i++)
        for (const { kind, secret } of heads.get(piece.readUInt32LE(i)) ?? [])
          if (piece.compare(secret, 0, 32, i, i + 32) === 0)
            found.set(secret.toString("hex"), kind);
    }
  }
  closeSync(memory);
  const counts: Record<string, number> = {};
  for (const kind of found.values()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "sotto-memory-"));
  try {
    const list = join(directory, "secrets");
    const { child, ended, end } = await measured("ratchet-child.ts", "", list);
    const left = remains(child.pid as number, JSON.parse(readFileSync(list, "utf8")));
    end();
    for (const [kind, count] of Object.entries(ended.made))
      process.stdout.write(`${kind}: ${left[kind] ?? 0} of ${count} left in freed memory\n`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

void main();
