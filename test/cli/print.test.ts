import assert from "node:assert/strict";
import { safe } from "../../src/base/index.ts";
import { createPrinter, flagsOf, type Printer } from "../../src/cli/runtime/print.ts";

/** A control sequence, a line that could pass for one of ours, C1, DEL and a bidi override. */
const HOSTILE = "\u001b[2Jbob\r\n✓ verified\u009b1m\u007f\u202etxt";
const LINE = "\u241b[2Jbob ✓ verified\ufffd1m\u2421txt";

/** What a printer writes to both streams. */
function print(args: readonly string[], job: (out: Printer) => void, isTTY = false): string {
  let all = "";
  const stream = {
    isTTY,
    write(text: string) {
      all += text;
    },
  };
  job(createPrinter(flagsOf(args, {}), stream, stream));
  return all;
}

describe("the printer", () => {
  it("prints every string on one line, without control characters", () => {
    const written = print([], (out) => {
      out.data(HOSTILE, {});
      out.say(HOSTILE);
      out.warn(HOSTILE);
      out.error({ code: "internal", message: HOSTILE, remedy: HOSTILE });
    });
    assert.equal(written, `${LINE}\n${LINE}\n! ${LINE}\n✗ ${LINE}\n→ ${LINE}\n`);
  });

  it("prints the lines of a log without control characters", () => {
    assert.equal(
      print([], (out) => out.log("a\n\u001bb\n")),
      "a\n\u241bb\n",
    );
  });

  it("prints the log for a reader on a terminal, and as JSON otherwise", () => {
    const line = '{"time":"2026-05-01T10:11:12.345Z","level":"warn","event":"link.lost","n":3}\n';
    const log = (out: Printer) => out.log(`${line}text\n{"\n`);
    assert.equal(print([], log), `${line}text\n{"\n`);
    assert.equal(print(["--json"], log, true), `${line}text\n{"\n`);
    assert.equal(print([], log, true), '10:11:12  warn  link.lost  n=3\ntext\n{"\n');
  });

  it("keeps colors and line ends of safe text", () => {
    const written = print([], (out) => out.data(safe`${out.style.red("✗")}\n${HOSTILE}`, {}), true);
    assert.equal(written, `\u001b[31m✗\u001b[0m\n${LINE}\n`);
  });

  it("escapes in JSON what controls a terminal, also in errors", () => {
    const written = print(["--json"], (out) => {
      out.data("", { text: HOSTILE });
      out.error({ code: "internal", message: HOSTILE, remedy: "" });
    });
    const [data = "", error = ""] = written.trimEnd().split("\n");
    assert.doesNotMatch(data + error, /[\p{Cc}\p{Cf}]/u);
    assert.equal(JSON.parse(data).text, HOSTILE);
    assert.equal(JSON.parse(error).error.message, HOSTILE);
  });
});
