import assert from "node:assert/strict";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Contact, Message } from "../../../src/api/index.ts";
import { everything } from "../../../src/cli/export/conversations.ts";
import { exportHtml } from "../../../src/cli/export/html.ts";
import { exportJson } from "../../../src/cli/export/json.ts";
import { writeNewFile } from "../../../src/cli/process/write-file.ts";
import type { Callable } from "../../../src/cli/runtime/context.ts";
import { shownContact } from "../contact.ts";

const NOW = Date.UTC(2026, 4, 1, 12);
const ignore = (): void => undefined;
const contact = (name: string): Contact => ({
  ...shownContact,
  account: name.padEnd(52, "a") as Contact["account"],
  name,
  addedAt: NOW,
});
const message = (at: number, text: string): Message => ({
  id: String(at) as Message["id"],
  ref: "bob",
  contact: "bob" as Contact["account"],
  direction: at % 2 === 0 ? "in" : "out",
  text,
  state: at % 2 === 0 ? "received" : "delivered",
  at,
  position: at.toString(16).padStart(14, "0"),
  sentAt: NOW + at * 60_000,
  storedAt: NOW + at * 60_000,
  edited: false,
  deleted: false,
  reactions: [],
  changing: false,
});

/**
 * A node that answers as the real one does: fewer messages where an answer would grow too long.
 */
function nodeOf(
  conversations: Readonly<Record<string, readonly Message[]>>,
  fits = 1000,
): { readonly node: Callable; readonly asked: { after?: string; limit?: number }[] } {
  const asked: { after?: string; limit?: number }[] = [];
  const called = Object.keys(conversations);
  const contacts = called.filter((name) => !name.startsWith("group:")).map(contact);
  const call = async (method: string, params: Record<string, never>) => {
    if (method === "account.show") return { account: "a", device: "d", name: "ann" };
    if (method === "contact.list") return { contacts };
    const { who = "", limit = 50, after = "", order } = params;
    const isGroup = (who as string).startsWith("group:");
    const groups = called.filter((name) => name.startsWith("group:"));
    const listed = (name: string) => ({ ref: name, kind: "group", name: name.slice(6) });
    if (method === "conversation.list") return { conversations: groups.map(listed) };
    if (method === "conversation.get")
      return {
        conversation: isGroup
          ? listed(who)
          : { kind: "contact", ref: contacts.find(({ name }) => name === who)?.account },
      };
    asked.push(params);
    const name = isGroup ? who : (contacts.find(({ account }) => account === who)?.name ?? "");
    const all = (conversations[name] ?? []).filter(({ position }) => position > after);
    const most = Math.min(limit, fits);
    const messages = order === "oldest" ? all.slice(0, most) : all.slice(-most);
    return {
      messages,
      first: messages[0]?.position,
      last: messages.at(-1)?.position,
      moreBefore: false,
      moreAfter: order === "oldest" && messages.length < all.length,
    };
  };
  return { node: { call: call as never }, asked };
}

async function whole(parts: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const part of parts) text += part;
  return text;
}

describe("cli/export", () => {
  it("writes every message of every contact as JSON, in order, with every field of the API", async () => {
    const bob = Array.from({ length: 1234 }, (_, i) => message(i + 1, `n ${i}\n"\u2028`));
    // Places where messages were are empty.
    const gaps = bob.filter(({ at }) => at % 7 === 0 || at > 900);
    for (const fits of [1000, 3]) {
      const { node } = nodeOf({ bob: gaps, carol: [], dan: [message(1, "x")] }, fits);
      const all = JSON.parse(
        await whole(exportJson(await everything(node, undefined, NOW, ignore))),
      );
      assert.deepEqual(all, {
        format: "sotto-export",
        version: 1,
        exportedAt: NOW,
        account: { account: "a", device: "d", name: "ann" },
        conversations: [
          { contact: contact("bob"), messages: gaps },
          { contact: contact("carol"), messages: [] },
          { contact: contact("dan"), messages: [message(1, "x")] },
        ],
      });
    }
  });

  it("writes one conversation only, and an empty document without contacts", async () => {
    const { node } = nodeOf({ bob: [message(1, "x")], carol: [message(1, "y")] });
    const one = JSON.parse(await whole(exportJson(await everything(node, "carol", NOW, ignore))));
    assert.deepEqual(one.conversations, [
      { contact: contact("carol"), messages: [message(1, "y")] },
    ]);
    const none = JSON.parse(
      await whole(exportJson(await everything(nodeOf({}).node, undefined, NOW, ignore))),
    );
    assert.deepEqual(none.conversations, []);
  });

  it("writes conversations of groups, whose members are contacts or go by their own names", async () => {
    const bob = { account: contact("bob").account, name: "robert", member: "01" };
    const cleo = { name: "<cleo>", member: "02" };
    const said: Message[] = [bob, cleo].map((author, i) => {
      const { contact: _, ...rest } = message(2 * i, "x");
      const reactions = [{ direction: "in" as const, author: cleo, emoji: "👍" }];
      return { ...rest, ref: "group:club", group: "0a", author, reactions };
    });
    const { node } = nodeOf({ bob: [], "group:club": said });
    for (const who of [undefined, "group:club"]) {
      const all = JSON.parse(await whole(exportJson(await everything(node, who, NOW, ignore))));
      assert.deepEqual(all.conversations, [
        ...(who === undefined ? [{ contact: contact("bob"), messages: [] }] : []),
        { group: { ref: "group:club", name: "club" }, messages: said },
      ]);
    }
    const html = await whole(exportHtml(await everything(node, "group:club", NOW, ignore)));
    assert.match(html, /<h2><bdi>#club<\/bdi><\/h2>/);
    assert.match(html, /<header><bdi>bob<\/bdi>/);
    assert.match(html, /<header><bdi>~&lt;cleo&gt;<\/bdi>/);
    assert.match(html, /👍<\/bdi> <bdi>~&lt;cleo&gt;<\/bdi>/);
  });

  it("asks for a few hundred messages at a time, and for the next ones when those are written", async () => {
    const bob = Array.from({ length: 5000 }, (_, i) => message(i + 1, "x"));
    const { node, asked } = nodeOf({ bob });
    const [conversation] = (await everything(node, undefined, NOW, ignore)).conversations;
    let seen = 0;
    for await (const { at } of conversation?.messages ?? []) {
      assert.equal(at, ++seen);
      assert.ok(asked.length <= 2 + seen / 200, `${asked.length} pages for ${seen} messages`);
    }
    assert.equal(seen, 5000);
    assert.ok(asked.every(({ limit = 0 }) => limit <= 200));
  });

  it("writes a page without scripts, in which no text can become markup or reorder its surroundings", async () => {
    const nasty = [
      "</p><script>alert(1)</script>",
      `<img src=x onerror="alert(1)">`,
      `' onload='x`,
      "&lt;b&gt;",
      "a\u202eb\u2066c\u0000d\u001b[31m",
      "<!-- ]]> -->",
      "</style></title><iframe src=//x>",
    ];
    const name = `<svg/onload=alert(1)>\u202e"'&`;
    const { node } = nodeOf({ [name]: nasty.map((text, i) => message(i + 1, text)) });
    const page = await whole(exportHtml(await everything(node, undefined, NOW, ignore)));
    const tags = [...page.matchAll(/<\/?([a-z!][a-z0-9]*)([^>]*)>/gi)];
    assert.deepEqual(
      [...new Set(tags.map(([, tag]) => tag?.toLowerCase()))].sort(),
      [
        "!doctype",
        "article",
        "bdi",
        "body",
        "h1",
        "h2",
        "h3",
        "head",
        "header",
        "html",
        "meta",
        "p",
        "section",
        "span",
        "style",
        "time",
        "title",
      ].sort(),
    );
    for (const [, , attributes] of tags) assert.ok(!/\son[a-z]+\s*=/i.test(attributes ?? ""));
    const commands = page.match(/\p{Cc}|\p{Bidi_Control}/gu)?.filter((sign) => sign !== "\n");
    assert.deepEqual(commands, []);
    assert.ok(!/(?:src|href)="(?!#)/.test(page), "it loads nothing");
    assert.match(page, /default-src 'none'/);
    assert.match(page, /<bdi>&lt;svg\/onload=alert\(1\)&gt;&quot;&#39;&amp;<\/bdi>/);
    assert.match(page, /&amp;lt;b&amp;gt;/);
    assert.match(page, /This file is not encrypted/);
  });

  it("shows a time that no calendar has, and continues", async () => {
    const { node } = nodeOf({
      bob: [{ ...message(1, "x"), sentAt: 2 ** 53 - 1 }, message(2, "y")],
    });
    const page = await whole(exportHtml(await everything(node, undefined, NOW, ignore)));
    assert.match(page, /\?\?:\?\?/);
    assert.match(page, /<p dir="auto">y<\/p>/);
  });

  it("shows in the HTML page who changed the timer, instead of an empty bubble", async () => {
    const { node } = nodeOf({
      "<bob>": [
        { ...message(1, ""), notice: { kind: "timer", ms: 3_600_000 } },
        { ...message(2, ""), notice: { kind: "timer", ms: 0 } },
      ],
    });
    const html = await whole(exportHtml(await everything(node, undefined, NOW, ignore)));
    assert.match(
      html,
      /class="notice">\n<p><time[^>]*>[\d:]+<\/time> you set messages to disappear/,
    );
    assert.match(html, /<bdi>&lt;bob&gt;<\/bdi> turned disappearing messages off<\/p>/);
    assert.ok(!html.includes('<p dir="auto"></p>'));
  });
});

describe("cli/new-file", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "sotto-file-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("has mode 0600, and appears only when complete", async () => {
    const path = join(directory, "x");
    await writeNewFile(path, false, async (file) => {
      for (let n = 0; n < 3; n++) await file.write("é".repeat(200_000));
      assert.ok(!existsSync(path));
    });
    assert.equal(readFileSync(path, "utf8"), "é".repeat(600_000));
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(directory), ["x"]);
  });

  it("overwrites a file only with force, even if it appears late", async () => {
    const path = join(directory, "x");
    const write = (force: boolean, meanwhile: () => void = () => undefined) =>
      writeNewFile(path, force, async (file) => {
        await file.write("new");
        meanwhile();
      });
    await assert.rejects(
      write(false, () => writeFileSync(path, "other")),
      { code: "file-exists" },
    );
    await assert.rejects(write(false), { code: "file-exists" });
    assert.equal(readFileSync(path, "utf8"), "other");
    await write(true);
    assert.equal(readFileSync(path, "utf8"), "new");
    assert.deepEqual(readdirSync(directory), ["x"]);
  });

  it("removes drafts of the same file by dead processes, and leaves others' drafts", async () => {
    const path = join(directory, "x");
    const dead = [2 ** 22 + 1, process.pid].map((pid) => `x.${pid}.part`);
    const others = [`x.${process.ppid}.part`, `xy.${2 ** 22 + 1}.part`, "x.part", "x.1a.part"];
    for (const name of [...dead, ...others]) writeFileSync(join(directory, name), "half");
    await writeNewFile(path, false, async (file) => file.write("new"));
    assert.deepEqual(readdirSync(directory).sort(), ["x", ...others].sort());
    assert.equal(readFileSync(path, "utf8"), "new");
  });

  it("leaves nothing behind where the job fails, and the old file where there was one", async () => {
    const path = join(directory, "x");
    writeFileSync(path, "old");
    await assert.rejects(
      writeNewFile(path, true, async (file) => {
        await file.write("half");
        throw new RangeError("stop");
      }),
      RangeError,
    );
    assert.equal(readFileSync(path, "utf8"), "old");
    assert.deepEqual(readdirSync(directory), ["x"]);
    await assert.rejects(
      writeNewFile(join(path, "y"), false, async () => undefined),
      {
        code: "file-write-failed",
      },
    );
  });
});
