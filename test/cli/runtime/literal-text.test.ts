import assert from "node:assert/strict";
import { Command } from "commander";
import { commands } from "../../../src/cli/commands.ts";
import type { Context } from "../../../src/cli/runtime/context.ts";
import { markText, optionInText } from "../../../src/cli/runtime/literal-text.ts";

const marked = (...args: string[]): string =>
  markText(args, (name) => (name === "send" ? { valued: ["--reply"] } : undefined)).join(" ");

describe("the text of a command line", () => {
  it("begins after the first argument, and what looks like an option belongs to it", () => {
    assert.equal(marked("send", "bob", "-h"), "send bob -- -h");
    assert.equal(marked("send", "bob", "hi", "--json"), "send bob -- hi --json");
    assert.equal(
      marked("--quiet", "send", "--reply", "last", "--wait=read", "bob", "-1"),
      "--quiet send --reply last --wait=read bob -- -1",
    );
  });

  it("keeps a mark that the user typed, and lines without text", () => {
    assert.equal(marked("send", "bob", "--", "-h"), "send bob -- -h");
    assert.equal(marked("send", "--", "bob", "-h"), "send -- bob -h");
    for (const args of [[], ["send"], ["send", "-h"], ["send", "bob"], ["send", "--reply"]])
      assert.equal(marked(...args), args.join(" "));
    assert.equal(marked("read", "bob", "-n", "5"), "read bob -n 5");
  });

  it("is known for every command that has one, with its options that have a value", async () => {
    const expected: Record<string, readonly string[]> = {};
    const texts = ["text", "emoji", "name"];
    for (const { name, load, text } of commands) {
      const command = new Command(name);
      (await load()).define(command, {} as Context);
      const all = [command, ...command.commands];
      // After WHO or ID: a first argument is preceded by the options.
      const isText = ({ registeredArguments: its }: Command) =>
        its.length > 1 && texts.includes(its.at(-1)?.name() ?? "");
      if (!all.some(isText)) continue;
      const subcommands = command.commands.filter(isText).map((its) => its.name());
      assert.deepEqual(text?.subcommands ?? [], subcommands, name);
      expected[name] = command.options
        .filter(({ required, optional }) => required || optional)
        .flatMap(({ long, short }) => [long, short].filter((flag) => flag !== undefined));
    }
    assert.deepEqual(
      Object.fromEntries(
        commands.flatMap(({ name, text }) => (text === undefined ? [] : [[name, text.valued]])),
      ),
      expected,
    );
    assert.deepEqual(Object.keys(expected), ["contacts", "group", "send", "edit", "react"]);
  });

  it("is one argument of a subcommand, in whose place options may be", () => {
    const rename = { subcommands: ["rename", "topic"], valued: [], single: { options: ["--yes"] } };
    const single = (...args: string[]): string =>
      markText(args, (name) => (name === "contacts" ? rename : undefined)).join(" ");
    assert.equal(single("contacts", "rename", "bob", "-h"), "contacts rename bob -- -h");
    assert.equal(single("contacts", "topic", "bob", "-h"), "contacts topic bob -- -h");
    for (const args of [
      ["contacts", "rename", "bob", "-h", "--json"],
      ["contacts", "rename", "bob", "--json"],
      ["contacts", "rename", "bob", "--yes"],
      ["contacts", "rename", "bob", "new", "--json"],
      ["contacts", "rename", "bob", "--", "-h"],
      ["contacts", "rename", "-h"],
      ["contacts", "show", "bob", "-h"],
      ["contacts", "rename"],
      ["contacts"],
    ])
      assert.equal(single(...args), args.join(" "));
  });

  it("says where an option belongs that was typed in it", () => {
    const options = [{ long: "--wait" }];
    assert.match(optionInText(["hi", "--wait", "read"], options) ?? "", /^--wait was taken/);
    assert.equal(optionInText(["hi --wait"], options), undefined);
  });
});
