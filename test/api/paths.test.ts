import assert from "node:assert/strict";
import { type Environment, resolvePaths } from "../../src/api/index.ts";
import { limits } from "../../src/base/index.ts";

const around = (env: Environment["env"]): Environment => ({
  env,
  home: "/home/ann",
  temporary: "/tmp",
  uid: 1000,
  current: "/srv",
});

describe("api/paths", () => {
  it("follows the XDG directories, and their defaults", () => {
    assert.deepEqual(resolvePaths(around({ XDG_RUNTIME_DIR: "/run/user/1000" })), {
      home: "/home/ann/.local/share/sotto",
      config: "/home/ann/.config/sotto/config.json",
      socket: "/run/user/1000/sotto/default.sock",
      socketDirectory: "/run/user/1000/sotto",
    });
    const paths = resolvePaths(around({ XDG_DATA_HOME: "/d", XDG_CONFIG_HOME: "/c/" }));
    assert.equal(paths.home, "/d/sotto");
    assert.equal(paths.config, "/c/sotto/config.json");
    assert.equal(paths.socket, "/d/sotto/sotto.sock");
  });

  it("ignores a relative XDG directory, as the specification says", () => {
    assert.equal(resolvePaths(around({ XDG_DATA_HOME: "d" })).home, "/home/ann/.local/share/sotto");
  });

  it("keeps everything in SOTTO_HOME, relative to where the command runs", () => {
    const paths = resolvePaths(around({ SOTTO_HOME: "./x/", XDG_RUNTIME_DIR: "/run/user/1000" }));
    assert.equal(paths.home, "/srv/x");
    assert.equal(paths.config, "/srv/x/config.json");
    assert.equal(paths.socket, "/srv/x/sotto.sock");
  });

  it("gives each profile its own places", () => {
    const env = { XDG_RUNTIME_DIR: "/run/user/1000" };
    const one = resolvePaths(around({ ...env, SOTTO_PROFILE: "work" }));
    const other = resolvePaths(around({ ...env, SOTTO_PROFILE: "default" }));
    const none = resolvePaths(around(env));
    for (const key of ["home", "config", "socket"] as const)
      assert.equal(new Set([one[key], other[key], none[key]]).size, 3, key);
  });

  it("refuses a profile that is no plain name", () => {
    for (const SOTTO_PROFILE of ["..", "a/b", "a b", "x".repeat(33)])
      assert.throws(() => resolvePaths(around({ SOTTO_PROFILE })), { code: "config-invalid" });
  });

  it("moves a socket whose path is too long to a short one of its own", () => {
    const long = `/${"d".repeat(200)}`;
    const paths = resolvePaths(around({ SOTTO_HOME: long }));
    assert.match(paths.socket, /^\/tmp\/sotto-1000\/[0-9a-f]{16}\.sock$/);
    assert.notEqual(resolvePaths(around({ SOTTO_HOME: `${long}e` })).socket, paths.socket);
    const env = { SOTTO_HOME: long, XDG_RUNTIME_DIR: "/run/user/1000" };
    assert.match(
      resolvePaths(around(env)).socket,
      /^\/run\/user\/1000\/sotto\/[0-9a-f]{16}\.sock$/,
    );
  });

  it("takes SOTTO_SOCKET up to the last byte, and refuses one more", () => {
    const fits = `/${"s".repeat(limits.socketPath - 1)}`;
    assert.equal(resolvePaths(around({ SOTTO_SOCKET: fits })).socket, fits);
    assert.throws(() => resolvePaths(around({ SOTTO_SOCKET: `${fits}s` })), {
      code: "socket-path-too-long",
    });
    // Bytes count, not characters.
    assert.throws(() => resolvePaths(around({ SOTTO_SOCKET: `/${"é".repeat(60)}` })), {
      code: "socket-path-too-long",
    });
  });
});
