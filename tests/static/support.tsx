/** The world around the browser code in tests: a Jira to be inside of, and a server that answers the API. */

import { fireEvent, render, type RenderResult } from "@testing-library/preact";
import type { JSX } from "preact";
import { vi } from "vitest";
import type { Host, Notice, Person } from "../../static/src/host";
import type { Settings, Team, Worklog, WorklogPage } from "../../static/src/model";
import { Page } from "../../static/src/ui/services";

export const lead: Person = { accountId: "acc-lead", displayName: "Amara Okafor", active: true };
export const member: Person = { accountId: "acc-member", displayName: "Tomás Herrera", active: true };
export const outsider: Person = { accountId: "acc-outsider", displayName: "Priya Raghunathan", active: true };

export class TestHost implements Host {
  tokens = 0;
  notices: Notice[] = [];
  fitted = 0;
  silent = false;

  constructor(
    readonly me: Person = member,
    readonly everybody: Person[] = [lead, member, outsider],
  ) {}

  contextToken(): Promise<string> {
    this.tokens += 1;
    return Promise.resolve(`token-${this.tokens}`);
  }

  currentUser(): Promise<string> {
    return Promise.resolve(this.me.accountId);
  }

  people(accounts: string[]): Promise<Person[]> {
    if (this.silent) return Promise.reject(new Error("Jira did not answer in time"));
    return Promise.resolve(this.everybody.filter(({ accountId }) => accounts.includes(accountId)));
  }

  searchPeople(text: string): Promise<Person[]> {
    const wanted = text.toLowerCase();
    return Promise.resolve(this.everybody.filter(({ displayName }) => displayName.toLowerCase().includes(wanted)));
  }

  showNotice(notice: Notice): void {
    this.notices.push(notice);
  }

  followTheme(): void {}

  fitFrame(): void {
    this.fitted += 1;
  }

  refreshIssue(): void {}
}

export interface Seen {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Headers;
  body: unknown;
}

type Answer = { status?: number; body?: unknown; headers?: Record<string, string> };
type Handler = (seen: Seen) => Answer | Promise<Answer>;

/** Answers `fetch` by "METHOD path"; a path ends where its query begins. What was asked is kept in `seen`. */
export class TestServer {
  readonly seen: Seen[] = [];
  private readonly handlers = new Map<string, Handler>();

  constructor() {
    vi.stubGlobal("fetch", (address: string, init: RequestInit) => this.answer(address, init));
  }

  on(request: string, handler: Handler | Answer): this {
    this.handlers.set(request, typeof handler === "function" ? handler : () => handler);
    return this;
  }

  to(request: string): Seen[] {
    return this.seen.filter(({ method, path }) => `${method} ${path}` === request);
  }

  private async answer(address: string, init: RequestInit): Promise<Response> {
    const url = new URL(address, "https://vault.example");
    const seen: Seen = {
      method: init.method ?? "GET",
      path: url.pathname.replace("/api/v1/", ""),
      query: url.searchParams,
      headers: new Headers(init.headers),
      body: typeof init.body === "string" ? JSON.parse(init.body) : undefined,
    };
    this.seen.push(seen);
    const handler = this.handlers.get(`${seen.method} ${seen.path}`);
    if (!handler) throw new TypeError(`nobody answers ${seen.method} ${seen.path}`);
    const aborted = new Promise<never>((_, reject) => {
      const stop = () => reject(new DOMException("aborted", "AbortError"));
      if (init.signal?.aborted) stop();
      init.signal?.addEventListener("abort", stop);
    });
    const answer = await Promise.race([handler(seen), aborted]);
    const status = answer.status ?? 200;
    const body = answer.body === undefined ? null : JSON.stringify(answer.body);
    return new Response(body, { status, headers: { "Content-Type": "application/json", ...answer.headers } });
  }
}

export function problem(status: number, code: string, detail: string, errors?: Record<string, string>): Answer {
  const fields = Object.entries(errors ?? {}).map(([field, message]) => ({ field, message }));
  const body = { type: "about:blank", title: code, status, code, detail, ...(errors ? { errors: fields } : {}) };
  return { status, body, headers: { "Content-Type": "application/problem+json" } };
}

export const incidents: Team = {
  id: "team-incidents",
  name: "Incident response",
  description: "Investigations",
  visibility: "secured",
  lead: { accountId: lead.accountId },
  role: { id: "role-member", name: "Team member" },
  permissions: ["log_own"],
  version: 1,
};

export const settings: Settings = {
  securedTeams: true,
  teamManagers: [],
  hoursPerDay: 8,
  daysPerWeek: 5,
  canAdminister: false,
  canCreateTeams: false,
};

export function aWorklog(given: Partial<Worklog> = {}): Worklog {
  return {
    id: "0197-secured",
    issueId: "10001",
    visibility: "secured",
    team: { id: incidents.id, name: incidents.name },
    author: { accountId: member.accountId },
    started: "2026-11-23T09:00:00+01:00",
    timeSpentSeconds: 5400,
    timeSpent: "1h 30m",
    description: "Read the logs",
    version: 3,
    created: "2026-11-23T10:30:00+00:00",
    updated: "2026-11-23T10:30:00+00:00",
    permissions: { change: true, delete: true },
    ...given,
  };
}

export function aPublicWorklog(given: Partial<Worklog> = {}): Worklog {
  return aWorklog({
    id: "10100",
    visibility: "public",
    team: null,
    author: { accountId: lead.accountId },
    started: "2026-11-20T14:00:00+01:00",
    timeSpentSeconds: 2700,
    timeSpent: "45m",
    description: "Reviewed the timeline",
    version: null,
    permissions: { change: false, delete: false },
    ...given,
  });
}

export function aPage(worklogs: Worklog[], given: Partial<WorklogPage> = {}): WorklogPage {
  const securedSeconds = worklogs
    .filter(({ visibility }) => visibility === "secured")
    .reduce((sum, { timeSpentSeconds }) => sum + timeSpentSeconds, 0);
  return { worklogs, next: null, totals: { securedSeconds }, jira: null, ...given };
}

/** A screen inside its page. Jira is `host`, the API answers at /api/v1/. */
export function show(screen: JSX.Element, host: Host = new TestHost()): RenderResult {
  return render(
    <Page host={host} apiBase="/api/v1/">
      {screen}
    </Page>,
  );
}

export function type(field: HTMLElement, text: string): void {
  fireEvent.input(field, { target: { value: text } });
}

/** Presses a key on whatever has the focus, as a keyboard does. */
export function press(key: string, modifiers: { ctrlKey?: boolean } = {}): void {
  fireEvent.keyDown(document.activeElement ?? document.body, { key, ...modifiers });
}
