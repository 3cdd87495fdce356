import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { asProblem, type ApiProblem } from "../api";
import { format, usualWorkingTime, type WorkingTime } from "../durations";
import type { Team, Visibility, Worklog } from "../model";
import { Button, IconButton } from "../ui/Button";
import { Message } from "../ui/Message";
import { recall, remember } from "../ui/remembered";
import { useServices } from "../ui/services";
import { SkeletonRows } from "../ui/Skeleton";
import { useLoaded, type Loaded } from "../ui/useLoaded";
import { draftOf, emptyDraft, type Draft } from "./draft";
import { Shortcuts } from "./Shortcuts";
import { useShortcutPreference, useShortcuts } from "./keys";
import { Summary } from "./Summary";
import { WorklogForm } from "./WorklogForm";
import { DeleteQuestion, focusRow, neighbour, WorklogList } from "./WorklogList";
import { inOrder, useWorklogs, type Worklogs } from "./worklogs";

type Shown = "all" | Visibility;

/** What is open; only one thing is, so that no typed text disappears behind another form. */
type Open =
  | { kind: "nothing" }
  | { kind: "adding"; start: Draft }
  | { kind: "editing"; worklog: Worklog }
  | { kind: "deleting"; worklog: Worklog; busy: boolean; error: string | null };

const nothing: Open = { kind: "nothing" };

/** Where the focus goes once the next picture is drawn. */
type Target = { row: string } | "add";

export function Panel({ issueId, issueKey }: { issueId: string; issueKey: string }): JSX.Element {
  const { api, host, people, announce } = useServices();
  const worklogs = useWorklogs(api, issueId);
  const settings = useLoaded(() => api.settings(), "");
  const teams = useLoaded(() => api.teams({ visibility: "secured", permission: "log_own" }), "");
  const me = useLoaded(() => host.currentUser(), "");
  const scale: WorkingTime = settings.value ?? usualWorkingTime;

  const [shown, setShown] = useState<Shown>("all");
  const [open, setOpen] = useState<Open>(nothing);
  const [current, setCurrent] = useState<string | null>(null);
  const [help, setHelp] = useState(false);
  const [deleted, setDeleted] = useState<Worklog | null>(null);
  const [lost, setLost] = useState<Draft | null>(null);
  const [letters, setLetters] = useShortcutPreference();
  const target = useRef<Target | null>(null);
  const addButton = useRef<HTMLButtonElement>(null);
  const helpButton = useRef<HTMLButtonElement>(null);

  const visible = inOrder([
    ...(shown === "public" ? [] : worklogs.secured.entries),
    ...(shown === "secured" ? [] : worklogs.public.entries),
  ]);

  useEffect(() => {
    const to = target.current;
    if (!to) return;
    target.current = null;
    if (to === "add") addButton.current?.focus();
    else focusRow(to.row);
  });

  useEffect(() => host.fitFrame(), [host, open, help, visible.length, worklogs.public.status]);

  const close = (next: Target | null) => {
    target.current = next;
    setOpen(nothing);
  };

  /** Opens something, unless there is a form whose text would be lost: then that one gets the focus. */
  const show = (next: Open) => {
    if (open.kind === "adding" || open.kind === "editing") {
      announce("Save or cancel the open form first.");
      document.querySelector<HTMLElement>(".worklog-form input")?.focus();
      return;
    }
    setLost(null);
    setOpen(next);
  };

  const reload = () => {
    people.retry();
    worklogs.reload();
    announce("Loading again.");
  };

  const mayLog = (teams.value?.length ?? 0) > 0;

  /** A draft to log once more, in the name of the same person; null when the reader may not. */
  const again = (draft: Draft): Draft | null => {
    const team = teams.value?.find(({ id }) => id === draft.teamId);
    if (!team || me.value === null) return null;
    if (draft.author === me.value) return { ...draft, author: "" };
    return team.permissions.includes("log_for_others") ? draft : null;
  };

  const add = (start?: Draft) => {
    if (mayLog) show({ kind: "adding", start: start ?? emptyDraft(usualTeam(teams.value ?? []), new Date()) });
  };

  const remove = async (worklog: Worklog) => {
    setOpen({ kind: "deleting", worklog, busy: true, error: null });
    const beside = neighbour(visible, worklog.id, 1);
    const next = beside === worklog.id ? neighbour(visible, worklog.id, -1) : beside;
    try {
      await api.deleteWorklog(worklog.id, worklog.version);
    } catch (thrown) {
      const problem = asProblem(thrown);
      // Gone already is what was wanted.
      if (problem.status !== 404) return deletionRefused(worklog, problem);
    }
    worklogs.dispatch({ type: "removed", id: worklog.id });
    setDeleted(worklog);
    announce("Work log deleted.");
    close(next && next !== worklog.id ? { row: next } : "add");
  };

  const deletionRefused = async (worklog: Worklog, problem: ApiProblem) => {
    let shownNow = worklog;
    let error = problem.message;
    if (problem.code === "stale_version") {
      shownNow = await api.worklog(worklog.id).catch(() => worklog);
      worklogs.dispatch({ type: "changed", worklog: shownNow });
      error = "Somebody changed this work log meanwhile. This is how it is now: delete it all the same?";
    }
    setOpen({ kind: "deleting", worklog: shownNow, busy: false, error });
  };

  useShortcuts(letters, {
    n: () => add(),
    r: reload,
    j: () => focusRow(isRowFocused() ? neighbour(visible, current, 1) : (current ?? visible[0]?.id)),
    k: () => focusRow(isRowFocused() ? neighbour(visible, current, -1) : (current ?? visible[0]?.id)),
    "?": () => setHelp((on) => !on),
  });

  const closeHelp = () => {
    setHelp(false);
    helpButton.current?.focus();
  };

  const saved = (worklog: Worklog, isNew: boolean) => {
    worklogs.dispatch({ type: isNew ? "added" : "changed", worklog });
    if (isNew && worklog.team) remember("team", worklog.team.id);
    if (isNew && shown === "public") setShown("all");
    setDeleted(null);
    announce(`Saved ${format(worklog.timeSpentSeconds, scale)}.`);
    close({ row: worklog.id });
  };

  const form = (worklog: Worklog | null, start: Draft) => (
    <WorklogForm
      key={worklog?.id ?? "new"}
      issueId={issueId}
      worklog={worklog}
      start={start}
      teams={teams.value ?? []}
      scale={scale}
      onSaved={(result) => saved(result, worklog === null)}
      onClose={() => close(worklog ? { row: worklog.id } : "add")}
      onNewer={(newer) => worklogs.dispatch({ type: "changed", worklog: newer })}
      onUnsure={() => worklogs.load("secured")}
      onGone={(draft) => {
        if (worklog) worklogs.dispatch({ type: "removed", id: worklog.id });
        setLost(draft);
        close("add");
      }}
    />
  );

  const instead =
    open.kind === "editing"
      ? { id: open.worklog.id, element: form(open.worklog, draftOf(open.worklog, scale)) }
      : open.kind === "deleting"
        ? {
            id: open.worklog.id,
            element: (
              <DeleteQuestion
                worklog={open.worklog}
                scale={scale}
                busy={open.busy}
                error={open.error}
                onDelete={() => void remove(open.worklog)}
                onKeep={() => close({ row: open.worklog.id })}
              />
            ),
          }
        : null;

  return (
    <main
      class="panel"
      aria-labelledby="title"
      onKeyDown={(event) => {
        if (event.key === "Escape" && help) closeHelp();
      }}
    >
      <h1 class="visually-hidden" id="title">
        Work logs of {issueKey || "this issue"}
      </h1>
      <Summary
        secured={{ seconds: worklogs.securedSeconds, state: worklogs.secured.status }}
        jira={worklogs.jira}
        waiting={worklogs.public.status === "loading"}
        scale={scale}
      />
      <div class="toolbar">
        {open.kind !== "adding" && mayLog && (
          <Button kind="primary" icon="plus" buttonRef={addButton} onClick={() => add()}>
            Log secured time
          </Button>
        )}
        <Filter shown={shown} onChange={setShown} />
        <div class="toolbar-end">
          <IconButton icon="refresh" label="Load again" shortcut="r" onClick={reload} />
          <IconButton
            icon="help"
            label="Keyboard shortcuts"
            shortcut="?"
            expanded={help}
            controls="shortcuts"
            buttonRef={helpButton}
            onClick={() => setHelp(!help)}
          />
        </div>
      </div>
      {help && <Shortcuts id="shortcuts" on={letters} onChange={setLetters} onClose={closeHelp} />}
      <WhyNot teams={teams} />
      {deleted && (
        <Deleted
          worklog={deleted}
          scale={scale}
          repeat={again(draftOf(deleted, scale))}
          onRepeat={(draft) => {
            add(draft);
            setDeleted(null);
          }}
          onDismiss={() => {
            setDeleted(null);
            addButton.current?.focus();
          }}
        />
      )}
      {lost && (
        <Lost repeat={again(lost)} onRepeat={add} onDismiss={() => setLost(null)} />
      )}
      {open.kind === "adding" && form(null, open.start)}
      <Sources worklogs={worklogs} shown={shown} onRetry={people.retry.bind(people)} />
      {visible.length > 0 && (
        <WorklogList
          worklogs={visible}
          scale={scale}
          current={current}
          onCurrent={setCurrent}
          onEdit={(worklog) => show({ kind: "editing", worklog })}
          onDelete={(worklog) => show({ kind: "deleting", worklog, busy: false, error: null })}
          instead={instead}
        />
      )}
      <End worklogs={worklogs} shown={shown} empty={visible.length === 0} mayLog={mayLog} />
    </main>
  );
}

function isRowFocused(): boolean {
  return document.activeElement?.id.startsWith("worklog-") ?? false;
}

/** The team logged for last time, or the only one; else the person has to choose. */
function usualTeam(teams: Team[]): string {
  const last = recall("team");
  if (teams.some(({ id }) => id === last)) return last ?? "";
  return teams.length === 1 ? (teams[0]?.id ?? "") : "";
}

function Filter({ shown, onChange }: { shown: Shown; onChange: (shown: Shown) => void }): JSX.Element {
  const choices: [Shown, string][] = [
    ["all", "All"],
    ["secured", "Secured"],
    ["public", "Jira"],
  ];
  return (
    <div class="segments" role="group" aria-label="Show">
      {choices.map(([value, label]) => (
        <button
          key={value}
          type="button"
          class="segment"
          aria-pressed={shown === value}
          onClick={() => onChange(value)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

/** Says why there is no button for logging time. Quietly: most people of a site see it on every issue. */
function WhyNot({ teams }: { teams: Loaded<Team[]> }): JSX.Element | null {
  if (teams.problem) {
    return (
      <Message
        kind="error"
        title="Your teams could not be loaded, so you cannot log secured time now"
        actions={<Button onClick={teams.reload}>Try again</Button>}
      >
        <p>{teams.problem.message}</p>
      </Message>
    );
  }
  if (!teams.value || teams.value.length > 0) return null;
  return (
    <p class="subtle why-not">
      You are in no secured team for which you may log time, so there is nothing to log here. A team’s lead can add you;
      time that everybody may see is logged in Jira as usual.
    </p>
  );
}

interface DeletedProps {
  worklog: Worklog;
  scale: WorkingTime;
  /** What the form is filled with to log it again; null where that is not allowed. */
  repeat: Draft | null;
  onRepeat: (draft: Draft) => void;
  onDismiss: () => void;
}

/** A way back after a deletion, and an honest one: the form is filled in again, and a new work log is made. */
function Deleted({ worklog, scale, repeat, onRepeat, onDismiss }: DeletedProps): JSX.Element {
  return (
    <Message
      kind="success"
      title={`Deleted ${format(worklog.timeSpentSeconds, scale)}`}
      actions={
        <>
          {repeat && <Button onClick={() => onRepeat(repeat)}>Log it again</Button>}
          <Button kind="subtle" onClick={onDismiss}>
            Dismiss
          </Button>
        </>
      }
    />
  );
}

/** Somebody deleted the work log that was being edited: what was typed is not thrown away. */
function Lost({ repeat, onRepeat, onDismiss }: Pick<DeletedProps, "repeat" | "onRepeat" | "onDismiss">): JSX.Element {
  return (
    <Message
      kind="warning"
      title="This work log was deleted while you were editing it"
      urgent
      actions={
        <>
          {repeat && <Button onClick={() => onRepeat(repeat)}>Log it anew</Button>}
          <Button kind="subtle" onClick={onDismiss}>
            Dismiss
          </Button>
        </>
      }
    />
  );
}

interface SourcesProps {
  worklogs: Worklogs;
  shown: Shown;
  /** Jira is asked again, for whatever else it did not tell. */
  onRetry: () => void;
}

/** What is still loading or went wrong, each world on its own: Jira's silence never hides what is secured. */
function Sources({ worklogs, shown, onRetry }: SourcesProps): JSX.Element {
  const { secured, jira } = worklogs;
  const fromJira = worklogs.public;
  const silent = fromJira.status === "ready" && jira !== null && jira.status !== "ok";
  return (
    <>
      {shown !== "public" && secured.status === "loading" && (
        <SkeletonRows count={2} label="Loading secured work logs" />
      )}
      {shown !== "public" && secured.status === "failed" && (
        <Message
          kind="error"
          title="The secured work logs could not be loaded"
          actions={<Button onClick={() => worklogs.load("secured")}>Try again</Button>}
        >
          <p>{secured.problem?.message}</p>
        </Message>
      )}
      {shown !== "secured" && fromJira.status === "loading" && (
        <SkeletonRows count={1} label="Loading Jira’s work logs" />
      )}
      {shown !== "secured" && (fromJira.status === "failed" || silent) && (
        <Message
          kind="warning"
          title={jira?.status === "refused" ? "Jira refused to show its work logs" : "Jira did not answer"}
          actions={
            <Button
              onClick={() => {
                onRetry();
                worklogs.load("public");
              }}
            >
              Try again
            </Button>
          }
        >
          <p>
            {jira?.status === "refused" && jira.detail
              ? jira.detail
              : "Jira’s own work logs and its time spent are missing here. What is secured is complete."}
          </p>
        </Message>
      )}
    </>
  );
}

interface EndProps {
  worklogs: Worklogs;
  shown: Shown;
  empty: boolean;
  mayLog: boolean;
}

/** Below the list: more of it, or that there is none. */
function End({ worklogs, shown, empty, mayLog }: EndProps): JSX.Element | null {
  const sources = [
    ...(shown === "public" ? [] : [worklogs.secured]),
    ...(shown === "secured" ? [] : [worklogs.public]),
  ];
  if (sources.some(({ next }) => next !== null)) {
    return (
      <div class="more">
        <Button busy={sources.some(({ loadingMore }) => loadingMore)} onClick={worklogs.loadMore}>
          Load more
        </Button>
      </div>
    );
  }
  const complete = sources.every(({ status }) => status === "ready");
  if (!empty || !complete) return null;
  return (
    <div class="empty">
      <p class="empty-title">
        {shown === "all"
          ? "No work logs yet"
          : shown === "secured"
            ? "No secured work logs that you may see"
            : "No work logs in Jira"}
      </p>
      {mayLog && shown !== "public" && (
        <p class="subtle">
          Press <kbd>n</kbd> to log secured time: only permitted people of your team will see it.
        </p>
      )}
    </div>
  );
}
