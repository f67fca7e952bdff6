import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const compiler = join(root, "node_modules/.bin/tsc");

/** A program that uses the types of both entries. */
const program = `
import { connect, type Message, type NodeConnection, SottoError } from "sotto";
import { startTestNode } from "sotto/testing";

export async function run(): Promise<Message[]> {
  await using node: NodeConnection = await connect({ reconnect: true });
  const { contacts } = await node.call("contact.list", {});
  node.on("message.state", ({ message }) => message.state satisfies string);
  const seen: Message[] = [];
  for await (const message of node.messages({ from: contacts[0]?.name ?? "" })) seen.push(message);
  // @ts-expect-error: the field is called text
  await node.call("message.send", { who: "bob", txt: "x" }).catch((error: SottoError) => error.code);
  return seen;
}
export const node = () => startTestNode("alice");
`;

describe("the types of the package", function () {
  this.timeout(120_000);
  let directory: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "sotto-types-"));
    const installed = join(directory, "node_modules/sotto");
    mkdirSync(join(directory, "node_modules/@types"), { recursive: true });
    mkdirSync(installed);
    copyFileSync(join(root, "package.json"), join(installed, "package.json"));
    const options = ["-p", join(root, "tsconfig.build.json"), "--outDir", join(installed, "dist")];
    execFileSync(compiler, [...options, "--noCheck"], { stdio: "pipe" });
    for (const name of ["@types/node", "undici-types", "valibot"])
      symlinkSync(join(root, "node_modules", name), join(directory, "node_modules", name));
    writeFileSync(join(directory, "program.mts"), program);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  for (const [module, resolution] of [
    ["nodenext", "nodenext"],
    ["node16", "node16"],
    ["esnext", "bundler"],
  ] as const)
    it(`resolve under ${resolution}`, () => {
      const options = ["--module", module, "--moduleResolution", resolution, "--target", "es2022"];
      const strict = [
        "--strict",
        "--noEmit",
        "--types",
        "node",
        "--lib",
        "es2023,esnext.disposable",
      ];
      try {
        execFileSync(compiler, ["program.mts", ...options, ...strict], {
          cwd: directory,
          stdio: "pipe",
        });
      } catch (error) {
        assert.fail(String((error as { stdout?: Buffer }).stdout));
      }
    });
});
