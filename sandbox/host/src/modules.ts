/** The parts of `AP` that Jira itself defines: who is looking, what at, and Jira's REST as that person. */

import { answering, calling, connectHost, type CallContext } from "./connect";
import { accountId } from "./page";

interface RequestOptions {
  type?: string;
  data?: unknown;
  contentType?: string;
  headers?: Record<string, string>;
}

export function defineModules(): void {
  connectHost.defineModule("context", {
    getToken: answering((_, caller) => token(caller)),
    getContext: answering((_, { extension }) => {
      const { issueId, issueKey, ...rest } = extension.options.productContext ?? {};
      return { jira: issueId ? { issue: { id: issueId, key: issueKey }, ...rest } : rest };
    }),
  });
  connectHost.defineModule("user", {
    getCurrentUser: answering(() => ({ atlassianAccountId: accountId() })),
    getLocale: answering(() => "en_US"),
    getTimeZone: answering(() => Intl.DateTimeFormat().resolvedOptions().timeZone),
  });
  connectHost.defineModule("jira", {
    refreshIssuePage: answering(() => location.reload()),
    isNativeApp: answering(() => false),
  });
  connectHost.defineModule("navigator", {
    go: answering(([target, context], { extension }) => go(String(target), context, extension.addon_key)),
    reload: answering(() => location.reload()),
    getLocation: answering(() => ({ href: location.href })),
  });
  connectHost.defineModule({
    request: answering(([address, options], caller) =>
      request(String(address), (options ?? {}) as RequestOptions, caller),
    ),
    getLocation: calling(() => location.href),
    sizeToParent: answering(([hideFooter], caller) =>
      connectHost.getProvider("addon")?.["sizeToParent"]?.(hideFooter, caller),
    ),
  });
}

async function token({ extension }: CallContext): Promise<string> {
  const { issueKey } = extension.options.productContext ?? {};
  const query = new URLSearchParams({ addon: extension.addon_key, module: extension.key, issue: issueKey ?? "" });
  const response = await fetch(`/sandbox/context-token?${query}`, { cache: "no-store" });
  if (!response.ok) throw new Error(`Jira gave no token (${response.status})`);
  return ((await response.json()) as { token: string }).token;
}

/** `AP.request`: only to this site, as the person who looks, and within the add-on's scopes. */
async function request(address: string, options: RequestOptions, { extension }: CallContext): Promise<unknown> {
  const url = new URL(address, location.origin);
  if (url.origin !== location.origin || !url.pathname.startsWith("/rest/")) {
    throw new Error(`AP.request reaches Jira's REST interface only, not ${address}`);
  }
  const headers = new Headers({ Accept: "application/json", ...options.headers });
  headers.set("AP-Client-Key", extension.addon_key);
  if (options.data !== undefined) headers.set("Content-Type", options.contentType ?? "application/json");
  const init: RequestInit = { method: options.type ?? "GET", headers, cache: "no-store" };
  if (options.data !== undefined) {
    init.body = typeof options.data === "string" ? options.data : JSON.stringify(options.data);
  }
  const response = await fetch(url, init);
  const body = await response.text();
  const xhr = { status: response.status, statusText: response.statusText, responseText: body };
  if (!response.ok) throw { xhr, err: body };
  return { body, xhr };
}

async function go(target: string, context: unknown, addonKey: string): Promise<void> {
  const { issueKey, moduleKey, addonKey: other } = (context ?? {}) as Record<string, string | undefined>;
  if (target === "issue" && issueKey) location.assign(`/browse/${encodeURIComponent(issueKey)}`);
  else if (target === "dashboard") location.assign("/");
  else if (target === "addonmodule" && moduleKey) {
    location.assign(`/plugins/servlet/ac/${encodeURIComponent(other ?? addonKey)}/${encodeURIComponent(moduleKey)}`);
  } else throw new Error(`The sandbox cannot go to ${target}`);
}

