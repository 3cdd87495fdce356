import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Api, ApiProblem } from "../../static/src/api";
import { aPage, aWorklog, problem, TestHost, TestServer } from "./support";

let host: TestHost;
let server: TestServer;
let api: Api;

beforeEach(() => {
  host = new TestHost();
  server = new TestServer();
  api = new Api(host, { base: "/api/v1/", timeoutMilliseconds: 50 });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

async function refusal(call: Promise<unknown>): Promise<ApiProblem> {
  const thrown: unknown = await call.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(thrown instanceof ApiProblem)) throw new Error(`expected a problem, got ${String(thrown)}`);
  return thrown;
}

describe("a call", () => {
  it("carries a context token of its own and no cookie", async () => {
    server.on("GET settings", { body: {} });
    await api.settings();
    await api.settings();
    expect(server.seen.map(({ headers }) => headers.get("Authorization"))).toEqual(["JWT token-1", "JWT token-2"]);
  });

  it("shares one token with those that start at the same moment", async () => {
    server.on("GET settings", { body: {} }).on("GET teams", { body: { teams: [], next: null } });
    await Promise.all([api.settings(), api.teams()]);
    expect(host.tokens).toBe(1);
  });

  it("is tried once more with a new token after a 401", async () => {
    let calls = 0;
    server.on("GET settings", () => (++calls === 1 ? problem(401, "unauthenticated", "Who?") : { body: { ok: true } }));
    expect(await api.settings()).toEqual({ ok: true });
    expect(server.seen.map(({ headers }) => headers.get("Authorization"))).toEqual(["JWT token-1", "JWT token-2"]);
  });

  it("gives up after the second 401", async () => {
    server.on("GET settings", problem(401, "unauthenticated", "Who are you?"));
    expect(await refusal(api.settings())).toMatchObject({ code: "unauthenticated", status: 401 });
    expect(server.seen).toHaveLength(2);
  });

  it("asks for the pages it was told to", async () => {
    server.on("GET issues/10001/worklogs", { body: aPage([]) });
    await api.worklogs("10001", "secured", { cursor: "a+b&c", limit: 20 });
    expect(Object.fromEntries(server.seen[0]?.query ?? [])).toEqual({
      visibility: "secured",
      limit: "20",
      cursor: "a+b&c",
    });
  });

  it("keeps odd ids inside their segment of the path", async () => {
    server.on("GET worklogs/..%2Fsettings", { body: {} });
    await api.worklog("../settings");
    expect((await refusal(Promise.resolve().then(() => api.worklog("..")))).code).toBe("bad_id");
  });

  it("reads all pages of the teams", async () => {
    server.on("GET teams", ({ query }) =>
      query.get("cursor") ? { body: { teams: [{ id: "2" }], next: null } } : { body: { teams: [{ id: "1" }], next: "x" } },
    );
    expect((await api.teams()).map(({ id }) => id)).toEqual(["1", "2"]);
  });
});

describe("a change", () => {
  it("says which version it is based on", async () => {
    server.on("PATCH worklogs/w", { body: aWorklog({ version: 8 }) });
    await api.changeWorklog("w", 7, { description: "new" });
    expect(server.seen[0]?.headers.get("If-Match")).toBe('"7"');
    expect(server.seen[0]?.body).toEqual({ description: "new" });
  });

  it("deletes the version that was seen, and takes 204 for an answer", async () => {
    server.on("DELETE worklogs/w", { status: 204 });
    expect(await api.deleteWorklog("w", 7)).toBeUndefined();
    expect(server.seen[0]?.headers.get("If-Match")).toBe('"7"');
  });
});

describe("a refusal", () => {
  it("comes with its code, its words and its fields", async () => {
    server.on("POST issues/1/worklogs", problem(422, "invalid_input", "Look again.", { started: "Too early." }));
    const { code, status, message, fields } = await refusal(
      api.addWorklog("1", { teamId: "t", started: "s", timeSpentSeconds: 60, description: "" }),
    );
    expect({ code, status, message, fields }).toEqual({
      code: "invalid_input",
      status: 422,
      message: "Look again.",
      fields: [{ field: "started", message: "Too early." }],
    });
  });

  it("may be a balancer's page of HTML", async () => {
    vi.stubGlobal("fetch", () =>
      Promise.resolve(new Response("<h1>Bad gateway</h1>", { status: 502, headers: { "Retry-After": "3" } })),
    );
    expect(await refusal(api.settings())).toMatchObject({ code: "http_502", status: 502, retryAfterSeconds: 3 });
  });

  it("may have fields of a shape nobody agreed on", async () => {
    server.on("GET settings", { status: 422, body: { code: 7, detail: "No.", errors: [null, "x", { field: 1 }] } });
    expect(await refusal(api.settings())).toMatchObject({ code: "http_422", message: "No.", fields: [] });
  });
});

describe("silence", () => {
  it("is a problem of its own after the time-out", async () => {
    server.on("GET settings", () => new Promise(() => undefined));
    const silence = await refusal(api.settings());
    expect(silence).toMatchObject({ code: "timed_out", isUnanswered: true });
  });

  it("is told apart from a network that is not there", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    expect(await refusal(api.settings())).toMatchObject({ code: "no_connection", isUnanswered: true });
  });

  it("is not what somebody asked for who cancelled", async () => {
    server.on("GET issues/1/worklogs", () => new Promise(() => undefined));
    const controller = new AbortController();
    const call = api.worklogs("1", "secured", { signal: controller.signal });
    controller.abort();
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
  });

  it("of Jira leaves the call without a token, and says so", async () => {
    host.contextToken = () => Promise.reject(new Error("no"));
    expect(await refusal(api.settings())).toMatchObject({ code: "no_token", status: 0 });
    expect(server.seen).toHaveLength(0);
  });

  it("includes an answer that is not JSON", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("hello", { status: 200 })));
    expect(await refusal(api.settings())).toMatchObject({ code: "unreadable_answer" });
  });
});
