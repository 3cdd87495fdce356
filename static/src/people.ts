/** Who is behind an account id. The app stores ids only; names come from Jira, are asked for together, and are kept
 * for as long as the page is open. */

import { useEffect, useReducer } from "preact/hooks";
import type { Host, Person } from "./host";
import type { AccountId } from "./model";

export type Known = { name: string; state: "known" | "inactive" | "asking" | "unknown" | "unanswered" };

const asking: Known = { name: "Loading name", state: "asking" };
const unknown: Known = { name: "Unknown person", state: "unknown" };
const unanswered: Known = { name: "Name not available", state: "unanswered" };

export class Directory {
  private readonly known = new Map<AccountId, Known>();
  private readonly listeners = new Set<() => void>();
  private readonly waiting = new Set<AccountId>();

  constructor(private readonly host: Pick<Host, "people">) {}

  get(account: AccountId): Known {
    return this.known.get(account) ?? asking;
  }

  /** Learns what a picker has found, which saves asking again. */
  learn(people: Person[]): void {
    for (const person of people) {
      this.known.set(person.accountId, { name: person.displayName, state: person.active ? "known" : "inactive" });
    }
    this.listeners.forEach((listener) => listener());
  }

  /** Asks for the names that are not known yet; requests made in the same moment become one. */
  want(accounts: AccountId[]): void {
    const fresh = accounts.filter((account) => !this.known.has(account) && !this.waiting.has(account));
    if (fresh.length === 0) return;
    const first = this.waiting.size === 0;
    fresh.forEach((account) => this.waiting.add(account));
    if (first) setTimeout(() => void this.ask(), 0);
  }

  /** Asks once more for the names that Jira did not tell when it was asked. */
  retry(): void {
    const silent = [...this.known].filter(([, { state }]) => state === "unanswered").map(([account]) => account);
    silent.forEach((account) => this.known.delete(account));
    this.want(silent);
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private async ask(): Promise<void> {
    const accounts = [...this.waiting];
    this.waiting.clear();
    accounts.forEach((account) => this.known.set(account, asking));
    const people = await this.host.people(accounts).catch(() => null);
    accounts.forEach((account) => this.known.set(account, people ? unknown : unanswered));
    this.learn(people ?? []);
  }
}

/** Looks people up, and draws again when Jira has told their names. */
export function usePeople(directory: Directory, accounts: AccountId[]): (account: AccountId) => Known {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => directory.subscribe(() => redraw(undefined)), [directory]);
  const list = [...new Set(accounts)].sort().join("\n");
  useEffect(() => directory.want(list === "" ? [] : list.split("\n")), [directory, list]);
  return (account) => directory.get(account);
}
