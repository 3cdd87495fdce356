import { afterEach, expect, it, vi } from "vitest";

type Request = (...args: unknown[]) => Promise<unknown>;

/** The bridge as the frame's script builds it, with the footer run after it. */
async function withFooter(send: Request): Promise<Request> {
  const bridge = { request: send };
  vi.stubGlobal("AP", bridge);
  vi.resetModules();
  await import("../../../sandbox/host/src/bridge-footer");
  return bridge.request;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

it("calls success outside of the frame's border, where functions cannot go", async () => {
  const send = vi.fn(() => Promise.resolve({ body: "[]", xhr: { status: 200 } }));
  const request = await withFooter(send);
  const success = vi.fn();
  await request("/rest/api/3/myself", { type: "GET", success });
  expect(send).toHaveBeenCalledWith("/rest/api/3/myself", { type: "GET" });
  expect(success).toHaveBeenCalledWith("[]", "success", { status: 200 });
});

it("calls error with what Jira answered", async () => {
  const request = await withFooter(() => Promise.reject({ xhr: { status: 404 }, err: "gone" }));
  const error = vi.fn();
  await request({ url: "/rest/api/3/issue/X-1", error }).catch(() => undefined);
  expect(error).toHaveBeenCalledWith({ status: 404 }, "error", "gone");
});

it("leaves promises as they are", async () => {
  const request = await withFooter(() => Promise.resolve({ body: "{}", xhr: {} }));
  expect(await request("/rest/api/3/myself")).toEqual({ body: "{}", xhr: {} });
});

it("does nothing where the host offers no requests", async () => {
  vi.stubGlobal("AP", {});
  vi.resetModules();
  await import("../../../sandbox/host/src/bridge-footer");
  expect((window as unknown as { AP: object }).AP).toEqual({});
});
