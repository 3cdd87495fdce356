/** What the surrounding Jira offers to a page of ours, as an interface: Connect's bridge is one implementation. */

import type { AccountId } from "./model";

export interface Person {
  accountId: AccountId;
  displayName: string;
  /** False for a deactivated account; its name is still known. */
  active: boolean;
}

export interface Notice {
  kind: "success" | "info" | "warning" | "error";
  title: string;
  body?: string;
}

export interface Host {
  /** A fresh token that says who is looking, for the app's own API. Rejects when Jira gives none. */
  contextToken(): Promise<string>;
  currentUser(): Promise<AccountId>;
  /** Those of the accounts that Jira knows, in any order. Rejects when Jira does not answer. */
  people(accounts: AccountId[]): Promise<Person[]>;
  /** People whose name or address matches, as Jira's own user search finds them. */
  searchPeople(text: string): Promise<Person[]>;
  showNotice(notice: Notice): void;
  /** Follows Jira's light or dark theme from now on. */
  followTheme(): void;
  /** Fits the frame's height to its content, where the host does not already do so by itself. */
  fitFrame(): void;
  /** Makes Jira show the issue anew, after something that Jira itself stores was changed. */
  refreshIssue(): void;
}

/** The few things of Atlassian's global `AP` that are used here. Everything is optional: which modules exist is
 * decided by the host product, not by the script. */
export interface ConnectBridge {
  context?: { getToken(): Promise<string> };
  user?: { getCurrentUser(): Promise<{ atlassianAccountId: AccountId }> };
  request?: (url: string, options: { type: string }) => Promise<{ body: string }>;
  flag?: { create(options: { title: string; body: string; type: string; close: string }): unknown };
  theming?: { initializeTheming(): unknown };
  jira?: { refreshIssuePage(): unknown };
  resize?: () => unknown;
}

/** Jira's limit for one request is 200; long addresses are the reason to stay below. */
const peopleAtOnce = 50;

const patienceMilliseconds = 10_000;

export class ConnectHost implements Host {
  constructor(private readonly bridge: ConnectBridge) {}

  async contextToken(): Promise<string> {
    const token = await inTime(this.need("context").getToken());
    if (typeof token !== "string" || token === "") throw new Error("Jira gave no token");
    return token;
  }

  async currentUser(): Promise<AccountId> {
    return (await inTime(this.need("user").getCurrentUser())).atlassianAccountId;
  }

  async people(accounts: AccountId[]): Promise<Person[]> {
    const requests: Promise<Person[]>[] = [];
    for (let at = 0; at < accounts.length; at += peopleAtOnce) {
      const some = accounts.slice(at, at + peopleAtOnce);
      const query = new URLSearchParams([
        ["maxResults", String(some.length)],
        ...some.map((id): [string, string] => ["accountId", id]),
      ]);
      requests.push(this.jira(`/rest/api/3/user/bulk?${query}`).then((page) => readPeople(valuesOf(page))));
    }
    return (await Promise.all(requests)).flat();
  }

  async searchPeople(text: string): Promise<Person[]> {
    const query = new URLSearchParams({ query: text, maxResults: "20" });
    return readPeople(await this.jira(`/rest/api/3/user/search?${query}`), "atlassian").filter(({ active }) => active);
  }

  showNotice({ kind, title, body }: Notice): void {
    this.bridge.flag?.create({ title, body: body ?? "", type: kind, close: "auto" });
  }

  followTheme(): void {
    this.bridge.theming?.initializeTheming();
  }

  fitFrame(): void {
    this.bridge.resize?.();
  }

  refreshIssue(): void {
    this.bridge.jira?.refreshIssuePage();
  }

  private async jira(address: string): Promise<unknown> {
    const answer = await inTime(this.need("request")(address, { type: "GET" }));
    return JSON.parse(answer.body);
  }

  private need<K extends keyof ConnectBridge>(module: K): NonNullable<ConnectBridge[K]> {
    const found = this.bridge[module];
    if (!found) throw new Error(`Jira does not offer AP.${module}`);
    return found;
  }
}

/** A call over the bridge whose other side fails is never answered at all, so each one has its time. */
function inTime<T>(call: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("Jira did not answer in time")), patienceMilliseconds);
    Promise.resolve(call)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

function valuesOf(page: unknown): unknown {
  return page && typeof page === "object" ? (page as { values?: unknown }).values : undefined;
}

/** Reads Jira's user beans. `accountType` keeps apps and customers out of a picker for colleagues. */
function readPeople(beans: unknown, accountType?: string): Person[] {
  if (!Array.isArray(beans)) return [];
  return beans.flatMap((bean: unknown) => {
    const user = (bean ?? {}) as Record<string, unknown>;
    const id = user["accountId"];
    if (typeof id !== "string") return [];
    if (accountType && "accountType" in user && user["accountType"] !== accountType) return [];
    const name = user["displayName"];
    const displayName = typeof name === "string" && name !== "" ? name : "Unnamed person";
    return [{ accountId: id, displayName, active: user["active"] !== false }];
  });
}
