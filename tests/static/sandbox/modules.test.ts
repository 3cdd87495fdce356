import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

type Method = (...args: unknown[]) => unknown;

let modules: Map<string, Record<string, Method>>;

const caller = {
  extension_id: "frame-1",
  extension: {
    addon_key: "app",
    key: "panel",
    url: "",
    options: { productContext: { issueId: "10001", issueKey: "SEC-1" } },
  },
};

/** Calls a host method as the bridge does: whatever the add-on gave, then the callback that knows the caller. */
function call(module: string, method: string, ...args: unknown[]): unknown {
  const found = modules.get(module)?.[method];
  if (!found) throw new Error(`AP.${module}.${method} is not defined`);
  const callback = Object.assign(vi.fn(), { _context: caller });
  return found(...args, callback);
}

beforeEach(async () => {
  modules = new Map();
  vi.stubGlobal("connectHost", {
    defineModule: (name: string | Record<string, Method>, methods?: Record<string, Method>) =>
      typeof name === "string" ? modules.set(name, methods ?? {}) : modules.set("", name),
    getProvider: () => undefined,
  });
  vi.resetModules();
  const { defineModules } = await import("../../../sandbox/host/src/modules");
  defineModules();
  document.body.dataset["accountId"] = "acc-1";
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("AP.request in the sandbox", () => {
  it("asks this site's REST as the cookie's user, in the add-on's name", async () => {
    const fetched = vi.fn((_url: URL, _init: RequestInit) => Promise.resolve(new Response("[1]")));
    vi.stubGlobal("fetch", fetched);
    const answer = await call("", "request", "/rest/api/3/user/search?query=a", { type: "GET" });
    expect(answer).toMatchObject({ body: "[1]", xhr: { status: 200 } });
    const [url, init] = fetched.mock.calls[0] ?? [];
    expect(url?.pathname).toBe("/rest/api/3/user/search");
    expect(new Headers(init?.headers).get("AP-Client-Key")).toBe("app");
  });

  it.each(["https://evil.example/rest/api/3/myself", "/sandbox/context-token?addon=other", "//evil.example/rest/"])(
    "goes nowhere else: %s",
    async (address) => {
      const fetched = vi.fn();
      vi.stubGlobal("fetch", fetched);
      await expect(call("", "request", address)).rejects.toThrow("REST interface only");
      expect(fetched).not.toHaveBeenCalled();
    },
  );

  it("hands a refusal over with what Jira said", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("gone", { status: 404 })));
    await expect(call("", "request", "/rest/api/3/issue/X")).rejects.toMatchObject({ xhr: { status: 404 }, err: "gone" });
  });
});

describe("what the add-on learns", () => {
  it("is a token for its module, this issue and nobody else's page", async () => {
    const fetched = vi.fn((_url: string) => Promise.resolve(new Response(JSON.stringify({ token: "t" }))));
    vi.stubGlobal("fetch", fetched);
    expect(await call("context", "getToken")).toBe("t");
    expect(fetched.mock.calls[0]?.[0]).toBe("/sandbox/context-token?addon=app&module=panel&issue=SEC-1");
  });

  it("is what is on the screen, and who looks", async () => {
    expect(await call("context", "getContext")).toEqual({ jira: { issue: { id: "10001", key: "SEC-1" } } });
    expect(await call("user", "getCurrentUser")).toEqual({ atlassianAccountId: "acc-1" });
  });

  it("is an answer in any case, also when the host fails", async () => {
    vi.stubGlobal("fetch", () => {
      throw new TypeError("broken");
    });
    await expect(call("context", "getToken")).rejects.toThrow("broken");
  });
});
