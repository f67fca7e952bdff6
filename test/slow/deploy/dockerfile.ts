/**
 * Carries out a Dockerfile without Docker, in a chroot: the instructions that ours has, as the
 * Dockerfile reference describes them. Needs root.
 */
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

export interface Stage {
  /** The image that it starts from. */
  readonly image: string;
  readonly root: string;
  env: Record<string, string>;
  workdir: string;
  user: string;
  volumes: string[];
  /** The command that tells whether a container is well. */
  healthcheck: string[];
  entrypoint: string[];
}

export interface Builder {
  /** The root directory of an image, for this stage only. */
  readonly from: (image: string, stage: number) => string;
  /** Runs a shell command in the root of a stage. */
  readonly run: (stage: Stage, command: string) => Promise<void>;
}

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** The instructions of a Dockerfile, with continued lines joined. */
export function parseDockerfile(text: string): Instruction[] {
  const lines = text.split("\n").filter((line) => !/^\s*(?:#|$)/.test(line));
  return lines
    .join("\n")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .map((line) => {
      const [, name = "", rest = ""] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
      return { name: name.toUpperCase(), rest };
    });
}

/**
 * Carries out the instructions. @returns the last stage.
 * @param context the directory that COPY copies from, of which `.dockerignore` allows a part.
 */
export async function buildImage(
  instructions: readonly Instruction[],
  context: string,
  builder: Builder,
): Promise<Stage> {
  const stages = new Map<string, Stage>();
  const allowed = allowedBy(readFileSync(join(context, ".dockerignore"), "utf8"));
  let current: Stage | undefined;
  for (const { name, rest } of instructions) {
    if (name === "FROM") {
      const [, image = "", as = ""] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? [];
      current = { ...empty(), image, root: builder.from(image, stages.size) };
      stages.set(as || `${stages.size}`, current);
      continue;
    }
    assert.ok(current, "a Dockerfile begins with FROM");
    if (name === "COPY") {
      const [, from] = /^--from=(\S+) /.exec(rest) ?? [];
      const paths = rest.replace(/^--\S+ /, "").split(" ");
      const source = from === undefined ? context : stages.get(from)?.root;
      assert.ok(source, `COPY from an unknown stage: ${rest}`);
      if (from === undefined)
        for (const path of paths.slice(0, -1)) assert.ok(allowed(path), `.dockerignore: ${path}`);
      copy(source, paths, current);
    } else if (name === "RUN") await builder.run(current, rest);
    else set(current, name, rest);
  }
  assert.ok(current);
  return current;
}

const empty = (): Omit<Stage, "image" | "root"> => ({
  env: {},
  workdir: "/",
  user: "root",
  volumes: [],
  healthcheck: [],
  entrypoint: [],
});

/** The instructions that change no file. One that is missing here fails the test. */
function set(stage: Stage, name: string, rest: string): void {
  switch (name) {
    case "ENV":
      for (const [, key = "", value = ""] of rest.matchAll(/(\w+)=(\S+)/g)) stage.env[key] = value;
      return;
    case "WORKDIR":
      stage.workdir = rest;
      mkdirSync(join(stage.root, rest), { recursive: true });
      return;
    case "USER":
      stage.user = rest;
      return;
    case "VOLUME":
      stage.volumes.push(rest);
      return;
    case "HEALTHCHECK":
      stage.healthcheck = JSON.parse(rest.replace(/^.*? CMD /, ""));
      return;
    case "ENTRYPOINT":
      stage.entrypoint = JSON.parse(rest);
      return;
    case "EXPOSE":
      return;
    default:
      assert.fail(`This instruction is not carried out here: ${name}`);
  }
}

function copy(source: string, paths: readonly string[], { root, workdir }: Stage): void {
  const target = join(root, resolve(workdir, paths.at(-1) ?? "."));
  const sources = paths.slice(0, -1);
  const intoFolder = /\/$/.test(paths.at(-1) ?? "");
  for (const path of sources) {
    const from = join(source, path);
    assert.ok(existsSync(from), `COPY of a missing ${path}`);
    const name = path.split("/").at(-1) ?? "";
    const to = intoFolder && statSync(from).isFile() ? join(target, name) : target;
    cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  }
}

/** Which top-level paths a `.dockerignore` of the form `*`, `!name` lets in. */
function allowedBy(text: string): (path: string) => boolean {
  const lines = text.split("\n").filter((line) => line !== "");
  assert.equal(lines[0], "*", "everything is left out first");
  const names = new Set(lines.slice(1).map((line) => line.replace(/^!/, "")));
  return (path) => names.has(path.split("/")[0] ?? "");
}

/** Every file and folder below a directory. */
export function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
}
