/** Every call to the app's own REST API. Nothing else in the browser code calls fetch. */

import type { Host } from "./host";
import type {
  AccountId,
  Member,
  MemberChange,
  NewMember,
  NewTeam,
  NewWorklog,
  Permission,
  Role,
  Settings,
  SettingsChange,
  Team,
  TeamDetails,
  Visibility,
  Worklog,
  WorklogChange,
  WorklogPage,
} from "./model";

export interface FieldProblem {
  field: string;
  message: string;
}

/** A refusal in the API's own words (RFC 9457), or the browser's own account of why there was no answer:
 * `timed_out`, `no_connection`, `unreadable_answer`. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";

  constructor(
    readonly code: string,
    readonly status: number,
    detail: string,
    readonly fields: FieldProblem[] = [],
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(detail);
  }

  /** No answer came, so nobody knows whether a change was made. */
  get isUnanswered(): boolean {
    return this.status === 0;
  }
}

/** Whatever was thrown, as something that can be shown. Cancellation is not a problem and is thrown on. */
export function asProblem(thrown: unknown): ApiProblem {
  if (thrown instanceof ApiProblem) return thrown;
  if (isCancellation(thrown)) throw thrown;
  return new ApiProblem("unexpected", 0, thrown instanceof Error ? thrown.message : String(thrown));
}

export function isCancellation(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === "AbortError";
}

export interface ApiOptions {
  /** Where /api/v1 is, with a trailing slash. */
  base: string;
  timeoutMilliseconds?: number;
}

interface Sending {
  query?: Record<string, string | number | null | undefined>;
  body?: unknown;
  /** The version the change is based on; the server refuses when it is no longer the current one. */
  version?: number | null;
  signal?: AbortSignal | undefined;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

export class Api {
  private readonly base: string;
  private readonly timeout: number;
  private askedToken: Promise<string> | null = null;

  constructor(
    private readonly host: Pick<Host, "contextToken">,
    options: ApiOptions,
  ) {
    this.base = options.base;
    this.timeout = options.timeoutMilliseconds ?? 20_000;
  }

  worklogs(
    issueId: string,
    visibility: Visibility | "all",
    page: { cursor?: string | null; limit?: number; signal?: AbortSignal } = {},
  ): Promise<WorklogPage> {
    const query = { visibility, limit: page.limit ?? 50, cursor: page.cursor };
    return this.send("GET", `issues/${part(issueId)}/worklogs`, { query, signal: page.signal });
  }

  worklog(id: string): Promise<Worklog> {
    return this.send("GET", `worklogs/${part(id)}`);
  }

  addWorklog(issueId: string, worklog: NewWorklog): Promise<Worklog> {
    return this.send("POST", `issues/${part(issueId)}/worklogs`, { body: worklog });
  }

  changeWorklog(id: string, version: number | null, change: WorklogChange): Promise<Worklog> {
    return this.send("PATCH", `worklogs/${part(id)}`, { body: change, version });
  }

  deleteWorklog(id: string, version: number | null): Promise<void> {
    return this.send("DELETE", `worklogs/${part(id)}`, { version });
  }

  /** All teams of the caller, however many pages that takes. */
  async teams(filter: { visibility?: Visibility; permission?: Permission } = {}): Promise<Team[]> {
    return this.everyPage(async (cursor) => {
      const answer = await this.send<{ teams: Team[]; next: string | null }>("GET", "teams", {
        query: { ...filter, cursor, limit: 100 },
      });
      return { items: answer.teams, next: answer.next };
    });
  }

  createTeam(team: NewTeam): Promise<Team> {
    return this.send("POST", "teams", { body: team });
  }

  team(id: string): Promise<TeamDetails> {
    return this.send("GET", `teams/${part(id)}`);
  }

  createRole(teamId: string, role: { name: string; permissions: Permission[] }): Promise<Role> {
    return this.send("POST", `teams/${part(teamId)}/roles`, { body: role });
  }

  async members(teamId: string): Promise<Member[]> {
    return this.everyPage(async (cursor) => {
      const answer = await this.send<{ members: Member[]; next?: string | null }>(
        "GET",
        `teams/${part(teamId)}/members`,
        { query: { cursor, limit: 100 } },
      );
      return { items: answer.members, next: answer.next ?? null };
    });
  }

  addMember(teamId: string, member: NewMember): Promise<Member> {
    return this.send("POST", `teams/${part(teamId)}/members`, { body: member });
  }

  changeMember(teamId: string, member: Pick<Member, "id" | "version">, change: MemberChange): Promise<Member> {
    const path = `teams/${part(teamId)}/members/${part(member.id)}`;
    return this.send("PATCH", path, { body: change, version: member.version });
  }

  /** Ends it at this moment; it stays as history. */
  endMembership(teamId: string, memberId: string): Promise<void> {
    return this.send("DELETE", `teams/${part(teamId)}/members/${part(memberId)}`);
  }

  settings(): Promise<Settings> {
    return this.send("GET", "settings");
  }

  changeSettings(change: SettingsChange): Promise<Settings> {
    return this.send("PATCH", "settings", { body: change });
  }

  private async everyPage<T>(read: (cursor: string | null) => Promise<Page<T>>): Promise<T[]> {
    const items: T[] = [];
    let cursor: string | null = null;
    do {
      const page: Page<T> = await read(cursor);
      items.push(...page.items);
      cursor = page.next;
    } while (cursor);
    return items;
  }

  /** One call. A 401 is tried once more with a new token: the first may have expired on its way. */
  private async send<T>(method: string, path: string, sending: Sending = {}): Promise<T> {
    const first = await this.attempt(method, path, sending);
    const response = first.status === 401 ? await this.attempt(method, path, sending) : first;
    if (!response.ok) throw await problemOf(response);
    if (response.status === 204) return undefined as T;
    return (await readJson(response)) as T;
  }

  private async attempt(method: string, path: string, sending: Sending): Promise<Response> {
    const token = await this.token();
    const headers = new Headers({ Accept: "application/json", Authorization: `JWT ${token}` });
    const init: RequestInit = { method, headers, cache: "no-store", credentials: "omit", redirect: "error" };
    if (sending.body !== undefined) {
      headers.set("Content-Type", "application/json");
      init.body = JSON.stringify(sending.body);
    }
    if (sending.version != null) headers.set("If-Match", `"${sending.version}"`);
    return this.fetchInTime(this.base + path + queryString(sending.query), init, sending.signal);
  }

  /** A fresh token for every call; calls that start together share the one being fetched. */
  private async token(): Promise<string> {
    this.askedToken ??= this.host.contextToken().finally(() => {
      this.askedToken = null;
    });
    try {
      return await this.askedToken;
    } catch {
      throw new ApiProblem("no_token", 0, "Jira did not confirm who you are. Reload the page and try again.");
    }
  }

  private async fetchInTime(url: string, init: RequestInit, signal: AbortSignal | undefined): Promise<Response> {
    const controller = new AbortController();
    const cancel = () => controller.abort();
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      controller.abort();
    }, this.timeout);
    if (signal?.aborted) cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      return await fetch(url, { ...init, signal: controller.signal });
    } catch (thrown) {
      if (late) throw new ApiProblem("timed_out", 0, "Worklog Vault did not answer in time.");
      if (controller.signal.aborted) throw new DOMException("Cancelled", "AbortError");
      throw new ApiProblem("no_connection", 0, "Worklog Vault cannot be reached. Check your connection.");
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
    }
  }
}

/** One segment of a path. Dots alone would be resolved away by the browser, so they cannot be ids. */
function part(id: string | AccountId): string {
  if (/^\.*$/.test(id)) throw new ApiProblem("bad_id", 0, "This address names nothing.");
  return encodeURIComponent(id);
}

function queryString(query: Sending["query"]): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value != null) parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text && `?${text}`;
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    throw new ApiProblem("unreadable_answer", 0, "Worklog Vault gave an answer that cannot be read.");
  }
}

/** Reads problem+json with a wary eye: a balancer's error page is no JSON at all. */
async function problemOf(response: Response): Promise<ApiProblem> {
  let body: Record<string, unknown> = {};
  try {
    const read: unknown = await response.json();
    if (read && typeof read === "object") body = read as Record<string, unknown>;
  } catch {
    // The status alone has to do.
  }
  const retryAfter = Number(response.headers.get("Retry-After"));
  return new ApiProblem(
    text(body["code"]) ?? `http_${response.status}`,
    response.status,
    text(body["detail"]) ?? text(body["title"]) ?? `Worklog Vault answered with an error (${response.status}).`,
    fieldProblems(body["errors"]),
    retryAfter > 0 ? retryAfter : null,
  );
}

function fieldProblems(errors: unknown): FieldProblem[] {
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((error: unknown) => {
    const { field, message } = (error ?? {}) as Record<string, unknown>;
    return typeof field === "string" && typeof message === "string" ? [{ field, message }] : [];
  });
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
