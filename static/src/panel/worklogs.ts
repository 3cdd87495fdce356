/** The panel's work logs: secured ones from the app, public ones from Jira, asked for side by side, so that the
 * secured part never waits for Jira. */

import { useCallback, useEffect, useReducer, useRef } from "preact/hooks";
import { asProblem, isCancellation, type Api, type ApiProblem } from "../api";
import type { JiraPart, Visibility, Worklog, WorklogPage } from "../model";

export interface Source {
  status: "loading" | "ready" | "failed";
  problem: ApiProblem | null;
  entries: Worklog[];
  next: string | null;
  loadingMore: boolean;
}

export interface State {
  secured: Source;
  public: Source;
  /** The secured time on this issue that the reader may see, of all pages. */
  securedSeconds: number;
  jira: JiraPart | null;
}

export type Event =
  | { type: "asked"; world: Visibility; more: boolean }
  | { type: "answered"; world: Visibility; more: boolean; page: WorklogPage }
  | { type: "failed"; world: Visibility; problem: ApiProblem }
  | { type: "added"; worklog: Worklog }
  | { type: "changed"; worklog: Worklog }
  | { type: "removed"; id: string };

const unasked: Source = { status: "loading", problem: null, entries: [], next: null, loadingMore: false };

export const initial: State = { secured: unasked, public: unasked, securedSeconds: 0, jira: null };

export function reduce(state: State, event: Event): State {
  switch (event.type) {
    case "asked": {
      const source = state[event.world];
      const status = event.more || source.entries.length > 0 ? source.status : "loading";
      return { ...state, [event.world]: { ...source, status, problem: null, loadingMore: event.more } };
    }
    case "answered":
      return answered(state, event.world, event.more, event.page);
    case "failed": {
      const source = state[event.world];
      return {
        ...state,
        [event.world]: { ...source, status: "failed", problem: event.problem, loadingMore: false },
      };
    }
    case "added":
      return withEntries(state, (entries) => [event.worklog, ...entries], event.worklog.timeSpentSeconds);
    case "changed": {
      const before = state.secured.entries.find(({ id }) => id === event.worklog.id);
      const difference = event.worklog.timeSpentSeconds - (before?.timeSpentSeconds ?? 0);
      return withEntries(
        state,
        (entries) => entries.map((entry) => (entry.id === event.worklog.id ? event.worklog : entry)),
        before ? difference : 0,
      );
    }
    case "removed": {
      const before = state.secured.entries.find(({ id }) => id === event.id);
      return withEntries(
        state,
        (entries) => entries.filter(({ id }) => id !== event.id),
        -(before?.timeSpentSeconds ?? 0),
      );
    }
  }
}

function answered(state: State, world: Visibility, more: boolean, page: WorklogPage): State {
  const known = more ? state[world].entries : [];
  const ids = new Set(known.map(({ id }) => id));
  const entries = [...known, ...page.worklogs.filter(({ id }) => !ids.has(id))];
  const source: Source = { status: "ready", problem: null, entries, next: page.next, loadingMore: false };
  return world === "secured"
    ? { ...state, secured: source, securedSeconds: page.totals.securedSeconds }
    : { ...state, public: source, jira: page.jira ?? state.jira };
}

function withEntries(state: State, change: (entries: Worklog[]) => Worklog[], seconds: number): State {
  const secured = { ...state.secured, entries: change(state.secured.entries) };
  return { ...state, secured, securedSeconds: Math.max(0, state.securedSeconds + seconds) };
}

/** Newest first; equal starts keep a stable order. */
export function inOrder(worklogs: Worklog[]): Worklog[] {
  return [...worklogs].sort(
    (a, b) =>
      Date.parse(b.started) - Date.parse(a.started) ||
      Date.parse(b.created) - Date.parse(a.created) ||
      (a.id < b.id ? -1 : 1),
  );
}

export interface Worklogs extends State {
  load: (world: Visibility) => void;
  loadMore: () => void;
  reload: () => void;
  dispatch: (event: Event) => void;
}

export function useWorklogs(api: Api, issueId: string): Worklogs {
  const [state, dispatch] = useReducer(reduce, initial);
  const running = useRef<Partial<Record<Visibility, AbortController>>>({});

  const ask = useCallback(
    async (world: Visibility, cursor: string | null) => {
      running.current[world]?.abort();
      const controller = new AbortController();
      running.current[world] = controller;
      const more = cursor !== null;
      dispatch({ type: "asked", world, more });
      try {
        const page = await api.worklogs(issueId, world, { cursor, signal: controller.signal });
        if (!controller.signal.aborted) dispatch({ type: "answered", world, more, page });
      } catch (thrown) {
        if (!isCancellation(thrown) && !controller.signal.aborted) {
          dispatch({ type: "failed", world, problem: asProblem(thrown) });
        }
      }
    },
    [api, issueId],
  );

  const load = useCallback((world: Visibility) => void ask(world, null), [ask]);
  const reload = useCallback(() => {
    load("secured");
    load("public");
  }, [load]);
  const loadMore = () => {
    if (state.secured.next) void ask("secured", state.secured.next);
    if (state.public.next) void ask("public", state.public.next);
  };

  useEffect(() => {
    reload();
    const requests = running.current;
    return () => Object.values(requests).forEach((controller) => controller.abort());
  }, [reload]);

  return { ...state, load, loadMore, reload, dispatch };
}
