import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { limits } from "../../../src/base/index.ts";
import type { Gateway } from "../../../src/node/port-mapping/default-gateway.ts";
import { PortMapper } from "../../../src/node/port-mapping/port-mapping.ts";
import type { Lease } from "../../../src/node/port-mapping/types.ts";
import { requestUpnp, servicesIn } from "../../../src/node/port-mapping/upnp.ts";
import { locationOf } from "../../../src/node/port-mapping/upnp-discovery.ts";
import { elements, textOf } from "../../../src/node/port-mapping/upnp-soap.ts";
import { systemClock } from "../../../src/node/util/deadline.ts";
import { type Clock, silent } from "../../../src/ports/index.ts";
import { until } from "../support.ts";

/** Timeouts are short here, and shorter if no response is expected. */
let hurry = 5;
const clock: Clock = { ...systemClock, after: (ms, job) => systemClock.after(ms / hurry, job) };

const service = (kind: string, control: string): string =>
  `<service><serviceType>urn:schemas-upnp-org:service:${kind}</serviceType><controlURL>${control}</controlURL></service>`;
const describe1 = (services: string, more = ""): string =>
  `<?xml version="1.0"?>\n<root xmlns="urn:schemas-upnp-org:device-1-0">${more}<device><serviceList>${services}</serviceList></device></root>`;

interface Act {
  readonly path: string;
  readonly action: string;
  readonly body: string;
}

/** A router with UPnP on loopback, whose responses a test may change. */
class Router {
  readonly #search: Socket = createSocket("udp4");
  readonly #page: Server = createServer((request, response) => void this.#on(request, response));
  readonly acts: Act[] = [];
  searches = 0;
  /** Its search response; `undefined` for none. */
  answer = (): string | undefined => `HTTP/1.1 200 OK\r\nLOCATION: ${this.url}/root.xml\r\n\r\n`;
  page = (response: ServerResponse): unknown =>
    response.end(describe1(service("WANIPConnection:1", "/control")));
  act = ({ action }: Act, response: ServerResponse): unknown => this.honest(action, response);
  url = "";

  async start(): Promise<Gateway> {
    this.#page.listen(0, "127.0.0.1");
    await once(this.#page, "listening");
    this.url = `http://127.0.0.1:${(this.#page.address() as AddressInfo).port}`;
    this.#search.on("message", (_, from) => {
      this.searches++;
      const response = this.answer();
      if (response !== undefined) this.#search.send(response, from.port, from.address);
    });
    await new Promise<void>((resolve) => this.#search.bind(0, "127.0.0.1", resolve));
    const { port } = this.#search.address();
    return { ip: "127.0.0.1", natPmp: 9, ssdp: [{ ip: "127.0.0.1", port }] };
  }

  stop(): void {
    this.#search.close();
    this.#page.close();
    this.#page.closeAllConnections();
  }

  honest(action: string, response: ServerResponse): unknown {
    if (action === "GetExternalIPAddress")
      return response.end("<NewExternalIPAddress>203.0.113.7</NewExternalIPAddress>");
    return response.end("<ok/>");
  }

  fail(response: ServerResponse, code: number): unknown {
    response.statusCode = 500;
    return response.end(`<s:Fault><errorCode>${code}</errorCode></s:Fault>`);
  }

  /** The requested actions, with ports. */
  done(): string[] {
    return this.acts.map(({ action, body }) =>
      [action, textOf(body, "NewExternalPort"), textOf(body, "NewLeaseDuration")]
        .filter((each) => each !== undefined)
        .join(" "),
    );
  }

  async #on(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("error", () => undefined);
    const path = request.url ?? "";
    if (request.method === "GET") return void this.page(response);
    let body = "";
    for await (const piece of request) body += piece;
    const action = /#(\w+)"$/.exec(`${request.headers.soapaction}`)?.[1] ?? "";
    const act = { path, action, body };
    this.acts.push(act);
    this.act(act, response);
  }
}

/** Another machine on the network, which must receive no request. */
class Stranger {
  readonly server: Server = createServer((_, response) => {
    this.asked++;
    response.end(describe1(service("WANIPConnection:1", "/control")));
  });
  asked = 0;
  url = "";

  async start(): Promise<void> {
    this.server.on("connection", () => this.asked++);
    this.server.listen(0, "127.0.0.2");
    await once(this.server, "listening");
    this.url = `http://127.0.0.2:${(this.server.address() as AddressInfo).port}`;
  }
}

describe("node: UPnP", () => {
  let router: Router;
  let gateway: Gateway;
  let stranger: Stranger;
  const end = new AbortController();

  beforeEach(async () => {
    hurry = 5;
    router = new Router();
    stranger = new Stranger();
    [gateway] = await Promise.all([router.start(), stranger.start()]);
  });
  afterEach(() => {
    router.stop();
    stranger.server.close();
    stranger.server.closeAllConnections();
    assert.equal(stranger.asked, 0, "another machine received a request");
  });

  const ask = (outside = 4001) =>
    requestUpnp({ gateway, clock, signal: end.signal }, 4001, outside);
  const given = async (outside?: number): Promise<Lease> => {
    const lease = await ask(outside);
    assert.ok(typeof lease !== "string", `${lease}`);
    return lease;
  };

  it("maps our own port to us for an hour, and removes the mapping", async () => {
    const lease = await given();
    assert.deepEqual([lease.ip, lease.port, lease.seconds], ["203.0.113.7", 4001, 3600]);
    await lease.release();
    assert.deepEqual(router.done(), [
      "GetExternalIPAddress",
      "AddPortMapping 4001 3600",
      "DeletePortMapping 4001",
    ]);
    const [, { body = "" } = {}] = router.acts;
    const fields = ["NewInternalClient", "NewInternalPort", "NewProtocol", "NewRemoteHost"];
    assert.deepEqual(
      fields.map((name) => textOf(body, name)),
      ["127.0.0.1", "4001", "TCP", ""],
    );
  });

  it("does not wait long for a router that removes no mapping", async () => {
    const lease = await given();
    hurry = 25;
    router.act = () => undefined;
    await lease.release();
    assert.equal(router.done().at(-1), "DeletePortMapping 4001");
  });

  it("requests a permanent mapping if the router supports no other, and removes it", async () => {
    router.act = ({ action, body }, response) =>
      action === "AddPortMapping" && textOf(body, "NewLeaseDuration") !== "0"
        ? router.fail(response, 725)
        : router.honest(action, response);
    const lease = await given();
    await lease.release();
    assert.deepEqual(router.done().slice(1), [
      "AddPortMapping 4001 3600",
      "AddPortMapping 4001 0",
      "DeletePortMapping 4001",
    ]);
  });

  it("tries the next port if ours is in use, and fails after a few", async () => {
    const taken = new Set(["65535", "1024"]);
    router.act = ({ action, body }, response) =>
      taken.has(`${textOf(body, "NewExternalPort")}`)
        ? router.fail(response, 718)
        : router.honest(action, response);
    assert.equal((await given(65_535)).port, 1025);
    router.act = ({ action }, response) =>
      action === "AddPortMapping" ? router.fail(response, 718) : router.honest(action, response);
    router.acts.length = 0;
    assert.equal(await ask(), "refused");
    assert.equal(router.acts.length, 1 + limits.upnpPorts);
  });

  it("lets a version 2 router choose another port", async () => {
    router.page = (response) => response.end(describe1(service("WANIPConnection:2", "/control")));
    let reserved = "40001";
    router.act = ({ action }, response) => {
      if (action === "AddPortMapping") return router.fail(response, 718);
      if (action === "AddAnyPortMapping")
        return response.end(`<NewReservedPort>${reserved}</NewReservedPort>`);
      return router.honest(action, response);
    };
    assert.equal((await given()).port, 40_001);
    for (reserved of ["0", "65536", "-1", "x", ""]) assert.equal(await ask(), "refused");
  });

  it("uses a service with an external address, the newest version first", async () => {
    const services = [
      service("WANPPPConnection:1", "/ppp"),
      service("WANIPConnection:1", "/one"),
      service("Layer3Forwarding:1", "/forward"),
      service("WANIPConnection:2", "/two"),
    ];
    router.page = (response) => response.end(describe1(services.join("")));
    router.act = ({ action, path }, response) =>
      action === "GetExternalIPAddress" && path !== "/ppp"
        ? response.end(
            `<NewExternalIPAddress>${path === "/two" ? "0.0.0.0" : ""}</NewExternalIPAddress>`,
          )
        : router.honest(action, response);
    await given();
    assert.deepEqual(
      router.acts.map(({ path }) => path),
      ["/two", "/one", "/ppp", "/ppp"],
    );
  });

  it("removes a possible mapping if the router does not answer or the node stops", async () => {
    const leaving = new AbortController();
    router.act = ({ action }, response) => {
      if (action !== "AddPortMapping") return router.honest(action, response);
      return leaving.abort();
    };
    assert.equal(
      await requestUpnp({ gateway, clock, signal: leaving.signal }, 4001, 4001),
      "refused",
    );
    assert.deepEqual(router.done().slice(1), [
      "AddPortMapping 4001 3600",
      "DeletePortMapping 4001",
    ]);
  });

  it("follows URLs on the gateway only: in search responses, redirects, bases and controls", async () => {
    hurry = 25;
    const { url } = stranger;
    const honest = router.answer;
    const locations = [
      `${url}/root.xml`,
      `${router.url.replace("http://", "http://a:b@")}/root.xml`,
      `http://127.0.0.1@${url.slice(7)}/root.xml`,
      `http://localhost:${new URL(router.url).port}/root.xml`,
      `https${router.url.slice(4)}/root.xml`,
      "file:///etc/hosts",
      `${router.url}/${"x".repeat(limits.upnpUrl)}`,
      "",
    ];
    for (const location of locations) {
      router.answer = () => `HTTP/1.1 200 OK\r\nlocation: ${location}\r\n\r\n`;
      assert.equal(await ask(), "silent", location);
    }
    router.answer = honest;
    const pages: ((response: ServerResponse) => unknown)[] = [
      (response) => response.writeHead(302, { location: `${url}/root.xml` }).end(),
      (response) => response.end(describe1(service("WANIPConnection:1", `${url}/control`))),
      (response) => response.end(describe1(service("WANIPConnection:1", `//${url.slice(7)}/c`))),
      (response) =>
        response.end(describe1(service("WANIPConnection:1", "/c"), `<URLBase>${url}</URLBase>`)),
    ];
    for (router.page of pages) assert.equal(await ask(), "refused");
    assert.deepEqual(router.acts, []);
  });

  it("ignores search responses of other hosts than the gateway", async () => {
    hurry = 25;
    const attacker = createSocket("udp4");
    await new Promise<void>((resolve) => attacker.bind(0, "127.0.0.3", resolve));
    // The search itself reaches the attacker, which points to the gateway.
    attacker.on("message", (_, from) =>
      attacker.send(
        `HTTP/1.1 200 OK\r\nlocation: ${router.url}/r\r\n\r\n`,
        from.port,
        from.address,
      ),
    );
    const { port } = attacker.address();
    gateway = { ...gateway, ssdp: [{ ip: "127.0.0.3", port }] };
    assert.equal(await ask(), "silent");
    attacker.close();
  });

  it("survives every malformed response in bounded time and memory", async () => {
    hurry = 25;
    const body = describe1(service("WANIPConnection:1", "/control"));
    const drip = (response: ServerResponse, text: string): void => {
      const timer = setInterval(() => response.write(text), 20);
      response.on("close", () => clearInterval(timer));
    };
    const flood = (response: ServerResponse): void => {
      const more = (): void => {
        while (!response.destroyed && response.write(" ".repeat(65_536)));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    };
    const pages: Record<string, (response: ServerResponse) => unknown> = {
      "an endless body": flood,
      "a byte at a time": (response) => drip(response, " "),
      "headers without end": (response) => {
        response.socket?.write(`HTTP/1.1 200 OK\r\nx: ${"x".repeat(2 * limits.upnpHeaders)}`);
      },
      "a byte too many": (response) => response.end(body.padEnd(limits.upnpBody + 1)),
      "another status": (response) => response.writeHead(404).end(body),
      "a whole answer that is none": (response) => response.socket?.end("SSH-2.0-x\r\n"),
      "an answer that is cut off": (response) => {
        response.writeHead(200, { "content-length": 10_000 }).write(body);
        setTimeout(() => response.socket?.destroy(), 20);
      },
      "a switch of protocols": (response) =>
        response.socket?.end("HTTP/1.1 101 x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"),
      nothing: () => undefined,
      "a document type": (response) =>
        response.end(
          body.replace("<root", '<!DOCTYPE r [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>\n<root'),
        ),
      "no service": (response) => response.end("<root><service><service></root>"),
      "not XML": (response) => response.end(Buffer.alloc(1000, 0xff)),
    };
    for (const [what, page] of Object.entries(pages)) {
      router.page = page;
      assert.equal(await ask(), "refused", what);
      assert.deepEqual(router.acts, [], what);
    }
    // A description of exactly the maximum size is accepted.
    router.page = (response) => response.end(body.padEnd(limits.upnpBody));
    await given();
    const acts: ((response: ServerResponse) => unknown)[] = [
      flood,
      (response) => drip(response, "<"),
      (response) => response.end("<NewExternalIPAddress>nowhere</NewExternalIPAddress>"),
      (response) => response.end("<NewExternalIPAddress><b>203.0.113.7</b></NewExternalIPAddress>"),
      (response) => router.fail(response, Number.NaN),
      (response) => response.writeHead(302, { location: stranger.url }).end(),
    ];
    for (const act of acts) {
      router.act = (_, response) => act(response);
      assert.equal(await ask(), "refused");
    }
  }).timeout(20_000);

  it("is tried if NAT-PMP is silent, and the status names the protocol", async () => {
    let changes = 0;
    const map = new PortMapper({
      clock,
      log: silent,
      gateway: async () => gateway,
      port: () => 4001,
      changed: () => changes++,
    });
    map.renew();
    await until(() => changes > 0);
    const address = "/ip4/203.0.113.7/tcp/4001";
    assert.deepEqual(map.state(), { state: "mapped", by: "upnp", address });
    await map.stop();
    assert.equal(router.done().at(-1), "DeletePortMapping 4001");
  });

  it("asks the last protocol first, and removes the previous mapping when it gets another", async () => {
    let [changes, own] = [0, 4001];
    const map = new PortMapper({
      clock,
      log: silent,
      gateway: async () => gateway,
      port: () => own,
      changed: () => changes++,
    });
    map.renew();
    await until(() => changes === 1);
    const taken = new Set(["4001"]);
    router.act = ({ action, body }, response) =>
      action === "AddPortMapping" && taken.has(`${textOf(body, "NewExternalPort")}`)
        ? router.fail(response, 718)
        : router.honest(action, response);
    map.renew();
    await until(() => changes === 2);
    assert.deepEqual(router.done().slice(-2), [
      "AddPortMapping 4002 3600",
      "DeletePortMapping 4001",
    ]);
    // From now on it requests the external port that it has.
    map.renew();
    await until(() => router.done().at(-1) === "AddPortMapping 4002 3600");
    // We listen on another port: the previous mapping is removed first.
    own = 5001;
    map.renew();
    await until(() => changes === 3);
    assert.deepEqual(router.done().slice(-3), [
      "DeletePortMapping 4002",
      "GetExternalIPAddress",
      "AddPortMapping 5001 3600",
    ]);
    await map.stop();
    assert.equal(router.done().at(-1), "DeletePortMapping 5001");
  });

  it("requests again when a renewal comes during a request, as when the port changed", async () => {
    let own = 4001;
    const map = new PortMapper({
      clock,
      log: silent,
      gateway: async () => gateway,
      port: () => own,
      changed: () => undefined,
    });
    map.renew();
    own = 5001;
    map.renew();
    await until(() => router.done().at(-1) === "AddPortMapping 5001 3600");
    await map.stop();
    assert.equal(router.done().at(-1), "DeletePortMapping 5001");
  });

  it("parses any response without throwing, hanging or leaving the gateway", () => {
    const word = fc.constantFrom(
      "<service>",
      "</service>",
      "<service ",
      "<serviceType>",
      "</serviceType>",
      "<controlURL>",
      "</controlURL>",
      "urn:schemas-upnp-org:service:WANIPConnection:1",
      "http://127.0.0.1/",
      "http://8.8.8.8/",
      "<URLBase>",
      "</URLBase>",
      "HTTP/1.1 200 OK\r\n",
      "location: ",
      "\r\n",
      "<",
      ">",
      "&amp;",
      "@",
      "//",
    );
    const texts = fc.array(fc.oneof(word, fc.string()), { maxLength: 40 });
    const location = new URL("http://127.0.0.1/root.xml");
    fc.assert(
      fc.property(texts, (parts) => {
        const text = parts.join("");
        for (const { control } of servicesIn(text, location, gateway))
          assert.equal(control.hostname, "127.0.0.1");
        assert.ok((locationOf(text, gateway)?.hostname ?? "127.0.0.1") === "127.0.0.1");
      }),
    );
  });

  it("reads an element with attributes, and none with a longer name", () => {
    assert.equal(textOf('<u:x><ip dt="s"> 1&amp;2 </ip></u:x>', "ip"), "1&2");
    assert.equal(textOf("<ipx>1</ipx>", "ip"), undefined);
    assert.deepEqual(elements("<a>1</a><b/><a>2</a><a>3", "a"), ["1", "2"]);
    assert.equal(textOf("<a>&amp;lt;</a>", "a"), "&lt;");
  });
});
