import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { dialReasons } from "../../../src/base/index.ts";
import { foreignGreeting } from "../../../src/node/host/read-limits.ts";
import { createLab, until } from "../support.ts";

const PEER = "12D3KooWQ7XHkGVtB8FPdDHmp6yYSvcyzbQMQkzLMFUuSZLvUcQg";

describe("node: what answers at the address of a bootstrap node", () => {
  const lab = createLab();
  afterEach(() => lab.clear());

  /** The reason why a node could not connect to a bootstrap node of this address. */
  async function errorAt(port: number | string): Promise<string | undefined> {
    const node = await lab.node({ bootstrap: [`/ip4/127.0.0.1/tcp/${port}/p2p/${PEER}`] });
    const error = (): string | undefined => node.status().bootstrap[0]?.error;
    await until(() => error() !== undefined);
    return error();
  }

  /** The same for a program that answers the first bytes with these, or sends them at once. */
  async function errorOf(answer: Uint8Array | string, first = false): Promise<string | undefined> {
    const program = createServer((socket: Socket) => {
      socket.on("error", () => undefined);
      if (first) socket.write(answer);
      else socket.once("data", () => socket.end(answer));
    }).listen(0, "127.0.0.1");
    lab.later(() => program.close());
    await once(program, "listening");
    return errorAt((program.address() as AddressInfo).port);
  }

  it("is named as a web server: the sign-in page of a network, or a proxy", async () => {
    const redirect = "HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\n\r\n";
    assert.equal(await errorOf(redirect), dialReasons.webServer);
    assert.equal(await errorOf("<!doctype html><p>Sign in</p>"), dialReasons.webServer);
    assert.equal(await errorOf(redirect.padEnd(10_000, "x")), dialReasons.webServer);
  });

  it("is named as another program", async () => {
    assert.equal(await errorOf("SSH-2.0-OpenSSH_9.6\r\n", true), dialReasons.otherProgram);
    const alert = Uint8Array.of(21, 3, 1, 0, 2, 2, 70);
    assert.equal(await errorOf(alert), dialReasons.otherProgram);
  });

  it("is named as another node, where its key changed", async () => {
    const changed = await lab.bootstrap();
    const [, port = ""] = /tcp\/(\d+)/.exec(`${changed.addresses()}`) ?? [];
    assert.equal(await errorAt(port), dialReasons.otherHost);
  });

  it("is told by its first bytes, of which libp2p's are a line of multistream-select", () => {
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    assert.equal(foreignGreeting(bytes("\x13/multistream/1.0.0\n")), undefined);
    assert.equal(foreignGreeting(bytes("\x13")), undefined);
    assert.equal(foreignGreeting(new Uint8Array(0)), undefined);
    assert.match(foreignGreeting(bytes("HTTP/1.0 200 OK")) ?? "", /EWEBSERVER/);
    assert.match(foreignGreeting(bytes("HTT")) ?? "", /EPROGRAM/);
  });
});
