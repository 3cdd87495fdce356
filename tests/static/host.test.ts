import { afterEach, describe, expect, it, vi } from "vitest";
import { ConnectHost, type ConnectBridge } from "../../static/src/host";

function bridgeOfJira(answers: Record<string, unknown>): { bridge: ConnectBridge; asked: string[] } {
  const asked: string[] = [];
  const bridge: ConnectBridge = {
    request: (url) => {
      asked.push(url);
      const path = url.split("?")[0] ?? "";
      return path in answers ? Promise.resolve({ body: JSON.stringify(answers[path]) }) : Promise.reject({ err: "404" });
    },
  };
  return { bridge, asked };
}

afterEach(() => {
  vi.useRealTimers();
});

describe("the people of a site", () => {
  const bean = { accountId: "712020:a-b", displayName: "Mei-Lin Zhao", active: true, accountType: "atlassian" };

  it("are asked for by their ids, which may need encoding", async () => {
    const { bridge, asked } = bridgeOfJira({ "/rest/api/3/user/bulk": { values: [bean] } });
    const people = await new ConnectHost(bridge).people(["712020:a-b", "x"]);
    expect(people).toEqual([{ accountId: "712020:a-b", displayName: "Mei-Lin Zhao", active: true }]);
    expect(asked).toEqual(["/rest/api/3/user/bulk?maxResults=2&accountId=712020%3Aa-b&accountId=x"]);
  });

  it("are asked for in pieces when they are many", async () => {
    const { bridge, asked } = bridgeOfJira({ "/rest/api/3/user/bulk": { values: [] } });
    await new ConnectHost(bridge).people(Array.from({ length: 120 }, (_, index) => `a${index}`));
    expect(asked.map((url) => new URLSearchParams(url.split("?")[1]).getAll("accountId").length)).toEqual([50, 50, 20]);
  });

  it("are searched without apps and closed accounts", async () => {
    const app = { ...bean, accountId: "app", accountType: "app" };
    const closed = { ...bean, accountId: "closed", active: false };
    const { bridge, asked } = bridgeOfJira({ "/rest/api/3/user/search": [bean, app, closed, null, {}] });
    const found = await new ConnectHost(bridge).searchPeople("mei & co");
    expect(found.map(({ accountId }) => accountId)).toEqual(["712020:a-b"]);
    expect(asked[0]).toContain("query=mei+%26+co");
  });

  it("stay unknown when Jira refuses", async () => {
    const { bridge } = bridgeOfJira({});
    await expect(new ConnectHost(bridge).people(["x"])).rejects.toBeDefined();
  });
});

describe("a host that is not all there", () => {
  it("gives no token rather than an empty one", async () => {
    const bridge = { context: { getToken: () => Promise.resolve("") } };
    await expect(new ConnectHost(bridge).contextToken()).rejects.toThrow("no token");
  });

  it("is not waited for without end", async () => {
    vi.useFakeTimers();
    const bridge = { context: { getToken: () => new Promise<string>(() => undefined) } };
    const outcome = expect(new ConnectHost(bridge).contextToken()).rejects.toThrow("in time");
    await vi.advanceTimersByTimeAsync(10_000);
    await outcome;
  });

  it("says which part is missing", async () => {
    await expect(new ConnectHost({}).currentUser()).rejects.toThrow("AP.user");
  });

  it("may lack what is only nice to have", () => {
    const host = new ConnectHost({});
    host.followTheme();
    host.fitFrame();
    host.refreshIssue();
    host.showNotice({ kind: "info", title: "Hello" });
  });
});

describe("what Jira shows for us", () => {
  it("is a flag in its own corner", () => {
    const create = vi.fn();
    new ConnectHost({ flag: { create } }).showNotice({ kind: "success", title: "Saved", body: "1h" });
    expect(create).toHaveBeenCalledWith({ title: "Saved", body: "1h", type: "success", close: "auto" });
  });

  it("is its theme, its size and its issue", () => {
    const [initializeTheming, resize, refreshIssuePage] = [vi.fn(), vi.fn(), vi.fn()];
    const host = new ConnectHost({ theming: { initializeTheming }, resize, jira: { refreshIssuePage } });
    host.followTheme();
    host.fitFrame();
    host.refreshIssue();
    for (const called of [initializeTheming, resize, refreshIssuePage]) expect(called).toHaveBeenCalledOnce();
  });

  it("names who is looking", async () => {
    const user = { getCurrentUser: () => Promise.resolve({ atlassianAccountId: "acc-1" }) };
    expect(await new ConnectHost({ user }).currentUser()).toBe("acc-1");
  });
});
