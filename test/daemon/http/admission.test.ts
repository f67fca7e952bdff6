import assert from "node:assert/strict";
import { type Arrived, refusalOf } from "../../../src/daemon/http/admission.ts";

const PORT = 4711;
const HOST = ["Host", "127.0.0.1:4711"];

const status = (headers: readonly string[], over: Partial<Arrived> = {}, port?: number | null) =>
  refusalOf(
    { method: "POST", target: "/api/v1/rpc", rawHeaders: headers, ...over },
    port === null ? undefined : (port ?? PORT),
  )?.status;

describe("http, which requests are let in", () => {
  it("are those of programs and of its own pages", () => {
    assert.equal(status(HOST), undefined);
    assert.equal(status(HOST, { method: "GET" }), undefined);
    const own = [...HOST, "Origin", "http://127.0.0.1:4711", "Sec-Fetch-Site", "same-origin"];
    assert.equal(status(own), undefined);
  });

  it("name the host exactly once and exactly so", () => {
    for (const host of [
      [],
      ["Host", "localhost:4711"],
      ["Host", "127.0.0.1"],
      ["Host", "127.0.0.1:4712"],
      ["Host", "127.0.0.1.:4711"],
      ["Host", "127.0.0.1:4711."],
      ["Host", "sotto.example:4711"],
      ["Host", "[::1]:4711"],
      [...HOST, ...HOST],
      [...HOST, "host", "evil.example"],
    ])
      assert.equal(status(host), 421, host.join());
    assert.equal(status(HOST, { target: "http://127.0.0.1:4711/api/v1/rpc" }), 421);
  });

  it("come from no page of another origin", () => {
    for (const origin of [
      "null",
      "https://evil.example",
      "http://127.0.0.1",
      "http://127.0.0.1:4712",
      "https://127.0.0.1:4711",
      "http://localhost:4711",
      "",
    ])
      assert.equal(status([...HOST, "Origin", origin]), 403, origin);
    const two = ["Origin", "http://127.0.0.1:4711", "origin", "https://evil.example"];
    assert.equal(status([...HOST, ...two]), 403);
    for (const site of ["cross-site", "same-site", "none", ""])
      assert.equal(status([...HOST, "sec-fetch-site", site]), 403, site);
  });

  it("use GET or POST: a preflight request gets no leave", () => {
    for (const method of ["OPTIONS", "PUT", "DELETE", "HEAD", "TRACE", "CONNECT", "get"])
      assert.equal(status(HOST, { method }), 405, method);
  });

  it("may name any host on the unix socket, which no browser reaches", () => {
    assert.equal(status(["Host", "localhost"], {}, null), undefined);
    assert.equal(status([], { method: "OPTIONS" }, null), 405);
  });

  it("are not confused by header values that look like names", () => {
    assert.equal(status(["X-Note", "host", ...HOST]), undefined);
    assert.equal(status(["X-Note", "origin", ...HOST, "Accept", "*/*"]), undefined);
  });
});
