import assert from "node:assert/strict";
import { pbkdf2 } from "node:crypto";
import { once } from "node:events";
import { chmod, lstat, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { limits, SottoError } from "../../../src/base/index.ts";
import { connectTo } from "../../../src/cli/index.ts";
import type { Caller } from "../../../src/daemon/rpc/methods/method-types.ts";
import { type LocalSocket, openSocket } from "../../../src/daemon/rpc/unix-socket.ts";
import { account, message } from "../fake.ts";

const hash = promisify(pbkdf2);

interface Answer {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly data: { readonly code: string } };
  readonly method?: string;
  readonly params?: unknown;
}

/** A program that writes raw text and reads answers. */
async function program(path: string, { allowHalfOpen = false } = {}) {
  const socket = connect({ path, allowHalfOpen }).setEncoding("utf8");
  await new Promise((resolve) => socket.once("connect", resolve));
  let held = "";
  const answers: Answer[] = [];
  const waiting: ((answer: Answer) => void)[] = [];
  socket.on("data", (chunk: string) => {
    held += chunk;
    const lines = held.split("\n");
    held = lines.pop() ?? "";
    for (const line of lines) {
      const taker = waiting.shift();
      if (taker) taker(JSON.parse(line));
      else answers.push(JSON.parse(line));
    }
  });
  return {
    socket,
    write: (text: string) => socket.write(text),
    next: () =>
      new Promise<Answer>((resolve) => {
        const answer = answers.shift();
        if (answer) resolve(answer);
        else waiting.push(resolve);
      }),
  };
}

const request = (id: unknown, method: string, params: unknown = {}) =>
  `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;

describe("daemon/socket", () => {
  let directory: string;
  let path: string;
  let open: LocalSocket | undefined;
  const programs: Socket[] = [];
  let echoed = 0;
  const dispatch = async (method: string, params: unknown, caller: Caller) => {
    if (method === "echo") {
      echoed++;
      return params;
    }
    if (method === "restrict") {
      caller.restrict({ rows: new Set(["every", "send"]), tokens: new Set(["web"]) });
      return {};
    }
    if (method === "subscribe") {
      caller.subscribe({ request: {}, wants: () => true, first: [], resumes: false });
      return {};
    }
    throw new SottoError("method-unknown", "No such method.");
  };
  const start = async () => {
    open = await openSocket({ socket: path, socketDirectory: directory }, dispatch);
  };
  const join_ = async (options?: { readonly allowHalfOpen: boolean }) => {
    const made = await program(path, options);
    programs.push(made.socket);
    return made;
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "sotto-socket-"));
    path = join(directory, "s.sock");
    echoed = 0;
  });
  afterEach(async () => {
    for (const socket of programs.splice(0)) socket.destroy();
    await open?.close();
    open = undefined;
    await rm(directory, { recursive: true });
  });

  it("can be opened by its owner only, whatever the umask", async () => {
    const before = process.umask(0);
    try {
      await start();
    } finally {
      process.umask(before);
    }
    assert.equal((await lstat(path)).mode & 0o777, 0o600);
  });

  it("serves nothing to a revoked client that keeps its side open, and closes it", async () => {
    await start();
    const { socket, write, next } = await join_({ allowHalfOpen: true });
    write(request(1, "restrict"));
    await next();
    socket.on("error", () => undefined);
    const ended = once(socket, "end");
    open?.revoke("web");
    await ended;
    while (!socket.destroyed) {
      write(request(2, "echo"));
      await new Promise((resolve) => setTimeout(resolve, 10));
      assert.equal(echoed, 0);
    }
  });

  it("refuses a directory in which others could replace it, as its clients do", async () => {
    await start();
    await chmod(directory, 0o777);
    await assert.rejects(connectTo(path), { code: "socket-unsafe" });
    await assert.rejects(start(), { code: "socket-unsafe" });
    await chmod(directory, 0o700);
    (await connectTo(path)).close();
  });

  it("refuses in the temporary directory one that is a symbolic link or open to others", async () => {
    const link = `${directory}-link`;
    await symlink(directory, link);
    try {
      const paths = { socket: join(link, "s.sock"), socketDirectory: link };
      await assert.rejects(openSocket(paths, dispatch), { code: "socket-unsafe" });
      await start();
      await assert.rejects(connectTo(paths.socket), { code: "socket-unsafe" });
      await chmod(directory, 0o755);
      await assert.rejects(connectTo(path), { code: "socket-unsafe" });
    } finally {
      await rm(link);
    }
  });

  it("answers invalid lines with an error, and continues", async () => {
    await start();
    const { write, next } = await join_();
    write("garbage\n\n[]\n42\n{}\n");
    assert.equal((await next()).error?.code, -32700);
    for (let i = 0; i < 3; i++) {
      const answer = await next();
      assert.equal(answer.error?.code, -32600);
      assert.equal(answer.id, null);
    }
    write(request("a", "echo", { x: 1 }));
    assert.deepEqual(await next(), { jsonrpc: "2.0", id: "a", result: { x: 1 } });
  });

  it("answers a line above the limit with an error, and continues", async () => {
    await start();
    const { write, next } = await join_();
    write(`${"x".repeat(limits.rpcBytes + 1)}\n${request(2, "echo")}`);
    assert.equal((await next()).error?.data.code, "request-malformed");
    assert.equal((await next()).id, 2);
  });

  it("sends no response to a notification", async () => {
    await start();
    const { write, next } = await join_();
    write(`{"jsonrpc":"2.0","method":"echo"}\n${request(7, "nothing")}`);
    const answer = await next();
    assert.equal(answer.id, 7);
    assert.equal(answer.error?.code, -32601);
  });

  it("sends events and the end of the stream to subscribed clients", async () => {
    await start();
    const [listener, other] = [await join_(), await join_()];
    listener.write(request(1, "subscribe"));
    await listener.next();
    other.write(request(1, "echo"));
    await other.next();
    const removed = { type: "contact.removed", account } as const;
    open?.offer(removed);
    assert.deepEqual((await listener.next()).params, removed);
    const ended = new Promise((resolve) => other.socket.once("close", resolve));
    await open?.close();
    open = undefined;
    assert.deepEqual((await listener.next()).params, { type: "stream.ended", why: "stopping" });
    await ended;
    await assert.rejects(lstat(path), { code: "ENOENT" });
  });

  it("replaces the socket of a killed node", async () => {
    const dead = createServer().listen(path);
    await new Promise((resolve) => dead.once("listening", resolve));
    // Closing removes the file; a kill does not, so it is put back as one that nobody listens on.
    const kept = join(directory, "kept");
    const { link, rename } = await import("node:fs/promises");
    await link(path, kept);
    await new Promise((resolve) => dead.close(resolve));
    await rename(kept, path);
    await start();
    const { write, next } = await join_();
    write(request(1, "echo"));
    assert.equal((await next()).id, 1);
  });

  it("keeps a socket on which a node answers, and a file that is not a socket", async () => {
    await start();
    await assert.rejects(openSocket({ socket: path, socketDirectory: directory }, dispatch), {
      code: "node-already-running",
    });
    const file = join(directory, "file");
    await writeFile(file, "mine");
    await assert.rejects(openSocket({ socket: file, socketDirectory: directory }, dispatch), {
      code: "listen-failed",
    });
    assert.equal((await lstat(file)).size, 4);
  });

  it("listens again when its directory was deleted, and keeps its connections", async () => {
    await start();
    const before = await join_();
    assert.equal(await open?.restore(), false, "nothing is missing");
    await rm(directory, { recursive: true });
    await writeFile(directory, "in the way");
    await assert.rejects(open?.restore() ?? Promise.resolve(), { code: "listen-failed" });
    await rm(directory);
    assert.equal(await open?.restore(), true);
    before.write(request(1, "echo"));
    assert.equal((await before.next()).id, 1);
    const after = await join_();
    after.write(request(2, "echo"));
    assert.equal((await after.next()).id, 2);
    assert.equal((await lstat(path)).mode & 0o777, 0o600);
    const ended = [before, after].map(({ socket }) => once(socket, "close"));
    await open?.close();
    open = undefined;
    await Promise.all(ended);
    await assert.rejects(lstat(path), { code: "ENOENT" });
  });

  it("leaves the socket of another node where its own was", async () => {
    await start();
    await rm(path);
    const other = createServer().listen(path);
    await once(other, "listening");
    assert.equal(await open?.restore(), false);
    await open?.close();
    open = undefined;
    assert.ok((await lstat(path)).isSocket());
    other.close();
  });

  it("stops although a client connects at that moment, and serves it nothing", async () => {
    await start();
    // Every thread of the pool is busy, so that closing waits for the file system while the server
    // accepts what waits in the queue of the system.
    const busy = Array.from({ length: 8 }, () => hash("", "", 100_000, 32, "sha512"));
    const client = connect(path).setEncoding("utf8");
    let said = "";
    client.on("data", (chunk: string) => {
      said += chunk;
    });
    client.on("error", () => undefined);
    client.write(request(1, "echo"));
    const closed = new Promise((resolve) => client.once("close", resolve));
    await Promise.all([open?.close(), closed, ...busy]);
    open = undefined;
    assert.equal(said, "");
  });

  it("stops in time although a client does not read", async () => {
    await start();
    const { socket, write, next } = await join_();
    write(request(1, "subscribe"));
    await next();
    socket.pause();
    const long = { ...message, text: "x".repeat(500) };
    for (let i = 0; i < 5000; i++) open?.offer({ type: "message.new", message: long });
    await open?.close();
    open = undefined;
  });
});
