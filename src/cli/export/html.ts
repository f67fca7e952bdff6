/**
 * Conversations as one HTML page. It contains no script and loads nothing. Texts of contacts are
 * escaped, stripped of control characters and isolated, so that they cannot reorder the page.
 */
import type { Message } from "../../api/index.ts";
import { displayLine, displayText } from "../../base/index.ts";
import { contactStateText } from "../format/format.ts";
import { arrivedApart, noticeText, reachedText } from "../format/message-lines.ts";
import { formatTime } from "../format/time.ts";
import { authorName, conversationName, type Names } from "../format/with-names.ts";
import type { Everything, Owner } from "./conversations.ts";
import { style } from "./style.ts";

export async function* exportHtml(all: Everything): AsyncGenerator<string> {
  const { account, exportedAt, conversations, names } = all;
  yield head(`Sotto: conversations of ${displayLine(account.name)}`);
  yield `<h1>Conversations of <bdi>${line(account.name)}</bdi></h1>\n`;
  yield `<p>Exported ${formatTime(exportedAt)}. This file is not encrypted.</p>\n`;
  yield `<p class="id">Account ${line(account.account)}</p>\n`;
  if (conversations.length > 1) {
    const entries = conversations.map(
      ({ owner }, i) => `<li><a href="#c${i}"><bdi>${title(owner)}</bdi></a></li>\n`,
    );
    yield `<nav><ul>\n${entries.join("")}</ul></nav>\n`;
  }
  for (const [i, { owner, messages }] of conversations.entries()) {
    yield `<section id="c${i}">\n<h2><bdi>${title(owner)}</bdi></h2>\n${about(owner)}`;
    let day = "";
    let empty = true;
    for await (const message of messages) {
      const today = formatTime(message.sentAt).slice(0, 10);
      if (today !== day) yield `<h3>${today}</h3>\n`;
      day = today;
      empty = false;
      yield one(message, owner, names);
    }
    yield `${empty ? "<p>No messages.</p>\n" : ""}</section>\n`;
  }
  yield "</body>\n</html>\n";
}

/** No script, no request: only the style of the page itself. */
const CONTENT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

function head(title: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CONTENT_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escaped(title)}</title>
<style>
${style}</style>
</head>
<body>
`;
}

const title = ({ contact, group }: Owner): string =>
  escaped(contact ? displayLine(contact.name) : conversationName(group));

function about({ contact, group }: Owner): string {
  if (contact === undefined) return `<p class="id">${line(group.ref)}</p>\n`;
  const notes = [
    contact.verified ? "verified" : "not verified",
    ...(contact.keyChanged || contact.blocked || contact.pairing !== "confirmed"
      ? [contactStateText(contact)]
      : []),
    `added ${formatTime(contact.addedAt)}`,
  ];
  return `<p class="id">${line(`${contact.account}, ${notes.join(", ")}`)}</p>\n`;
}

function one(message: Message, owner: Owner, names: Names): string {
  const { id, direction, sentAt, text, replyTo, edited, deleted, reactions } = message;
  const time = `<time${dated(sentAt)}>${formatTime(sentAt).slice(11)}</time>`;
  const name = ({ direction: whose, author }: Pick<Message, "direction" | "author">): string => {
    if (whose === "out") return "you";
    const called = author === undefined ? title(owner) : escaped(authorName(author, names));
    return `<bdi>${called}</bdi>`;
  };
  if (message.notice !== undefined)
    return `<article id="m${line(id)}" class="notice">
<p>${time} ${name(message)} ${escaped(noticeText(message.notice))}</p>
</article>
`;
  const arrived = arrivedApart(message);
  const notes = [
    message.gap ? "a message before it is missing" : "",
    message.late ? "late" : "",
    arrived === undefined ? "" : `arrived ${formatTime(arrived)}`,
    message.unconfirmed ? "author unconfirmed" : "",
    ...(deleted ? [] : [reachedText(message)]),
    edited ? "edited" : "",
  ].filter(Boolean);
  const answers =
    replyTo === undefined ? "" : `<p class="id"><a href="#m${line(replyTo)}">in reply to</a></p>\n`;
  const after = reactions.map((each) => `<bdi>${line(each.emoji)}</bdi> ${name(each)}`);
  const noted = notes.length === 0 ? "" : ` <span>${escaped(notes.join(", "))}</span>`;
  return `<article id="m${line(id)}" class="${direction === "out" ? "out" : "in"}">
<header>${name(message)} ${time}${noted}</header>
${answers}<p dir="auto">${deleted ? "(deleted)" : escaped(displayText(text))}</p>
${after.length === 0 ? "" : `<p class="id">${after.join(", ")}</p>\n`}</article>
`;
}

/** The datetime attribute; none for a time outside of the calendar, which a peer may send. */
function dated(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "" : ` datetime="${date.toISOString()}"`;
}

const line = (text: string) => escaped(displayLine(text));

const SPECIAL: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => SPECIAL[character] ?? "");
}
