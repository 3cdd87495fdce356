import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { describe, describeFully } from "../dates";
import { format, type WorkingTime } from "../durations";
import type { Worklog } from "../model";
import { usePeople, type Known } from "../people";
import { Avatar, PersonName } from "../ui/Avatar";
import { Button, IconButton } from "../ui/Button";
import { WorldLozenge } from "../ui/Lozenge";
import { useServices } from "../ui/services";

interface ListProps {
  worklogs: Worklog[];
  scale: WorkingTime;
  /** The row that Tab reaches; the arrows move it. */
  current: string | null;
  onCurrent: (id: string) => void;
  onEdit: (worklog: Worklog) => void;
  onDelete: (worklog: Worklog) => void;
  /** Takes the place of a row: its form, or the question before its deletion. */
  instead: { id: string; element: JSX.Element } | null;
}

export function WorklogList(props: ListProps): JSX.Element {
  const { worklogs, current } = props;
  const { people } = useServices();
  const nameOf = usePeople(
    people,
    worklogs.map(({ author }) => author.accountId),
  );
  const tabbable = worklogs.some(({ id }) => id === current) ? current : worklogs[0]?.id;
  const now = new Date();
  return (
    <ul class="worklogs" aria-label="Work logs">
      {worklogs.map((worklog) =>
        props.instead?.id === worklog.id ? (
          <li key={worklog.id} class="worklog-instead">
            {props.instead.element}
          </li>
        ) : (
          <Row
            key={worklog.id}
            worklog={worklog}
            author={nameOf(worklog.author.accountId)}
            now={now}
            scale={props.scale}
            tabbable={worklog.id === tabbable}
            onFocus={() => props.onCurrent(worklog.id)}
            onMove={(step) => focusRow(neighbour(worklogs, worklog.id, step))}
            onEdit={props.onEdit}
            onDelete={props.onDelete}
          />
        ),
      )}
    </ul>
  );
}

function rowElement(id: string): HTMLElement | null {
  return document.getElementById(`worklog-${id}`);
}

export function focusRow(id: string | null | undefined): void {
  if (id != null) rowElement(id)?.focus();
}

/** The id that lies `step` rows from this one, within the list. */
export function neighbour(worklogs: Worklog[], id: string | null, step: number): string | undefined {
  const at = worklogs.findIndex((worklog) => worklog.id === id);
  const to = at < 0 ? 0 : Math.min(worklogs.length - 1, Math.max(0, at + step));
  return worklogs[to]?.id;
}

interface RowProps {
  worklog: Worklog;
  author: Known;
  now: Date;
  scale: WorkingTime;
  tabbable: boolean;
  onFocus: () => void;
  onMove: (step: number) => void;
  onEdit: (worklog: Worklog) => void;
  onDelete: (worklog: Worklog) => void;
}

function Row(props: RowProps): JSX.Element {
  const { worklog, author } = props;
  const { permissions } = worklog;
  const amount = format(worklog.timeSpentSeconds, props.scale);
  const what = `work log of ${author.name}, ${amount}`;

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = {
      ArrowDown: () => props.onMove(1),
      ArrowUp: () => props.onMove(-1),
      Home: () => props.onMove(-Infinity),
      End: () => props.onMove(Infinity),
      Enter: permissions.change ? () => props.onEdit(worklog) : undefined,
      Delete: permissions.delete ? () => props.onDelete(worklog) : undefined,
    }[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };

  return (
    <li
      id={`worklog-${worklog.id}`}
      class={`worklog worklog-${worklog.visibility}`}
      tabIndex={props.tabbable ? 0 : -1}
      data-visibility={worklog.visibility}
      onFocus={props.onFocus}
      onKeyDown={onKeyDown}
    >
      <Avatar account={worklog.author.accountId} person={author} />
      <div class="worklog-main">
        <p class="worklog-head">
          <PersonName person={author} />
          <WorldLozenge visibility={worklog.visibility} team={worklog.team?.name ?? null} />
        </p>
        <p class="worklog-when">
          <time dateTime={worklog.started} title={describeFully(worklog.started)}>
            {describe(worklog.started, props.now)}
          </time>
        </p>
        {worklog.description && <p class="worklog-description">{worklog.description}</p>}
      </div>
      <p class="worklog-amount">
        <span class="visually-hidden">Time spent </span>
        {amount}
      </p>
      <div class="worklog-actions">
        {permissions.change && (
          <IconButton icon="edit" label={`Edit ${what}`} shortcut="Enter" onClick={() => props.onEdit(worklog)} />
        )}
        {permissions.delete && (
          <IconButton
            icon="trash"
            label={`Delete ${what}`}
            shortcut="Del"
            danger
            onClick={() => props.onDelete(worklog)}
          />
        )}
      </div>
    </li>
  );
}

interface ConfirmProps {
  worklog: Worklog;
  scale: WorkingTime;
  busy: boolean;
  error: string | null;
  onDelete: () => void;
  onKeep: () => void;
}

/** Deletion is final, so it is asked about, with what is about to go in plain sight and the focus on the way back. */
export function DeleteQuestion({ worklog, scale, busy, error, onDelete, onKeep }: ConfirmProps): JSX.Element {
  const { people } = useServices();
  const keep = useRef<HTMLButtonElement>(null);
  const nameOf = usePeople(people, [worklog.author.accountId]);
  useEffect(() => keep.current?.focus(), []);
  const question = `Delete ${format(worklog.timeSpentSeconds, scale)} of ${nameOf(worklog.author.accountId).name}?`;
  return (
    <div
      class="card delete-question"
      role="alertdialog"
      aria-label={question}
      aria-describedby={`delete-${worklog.id}`}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        onKeep();
      }}
    >
      <p class="card-title">{question}</p>
      <p class="worklog-when">{describe(worklog.started)}</p>
      {worklog.description && <p class="worklog-description">{worklog.description}</p>}
      <p id={`delete-${worklog.id}`} class="subtle">
        Secured work logs are kept nowhere else. Once deleted, nobody can bring this one back.
      </p>
      {error && (
        <p class="field-error" role="alert">
          {error}
        </p>
      )}
      <div class="form-actions">
        <Button kind="danger" busy={busy} onClick={onDelete}>
          Delete
        </Button>
        <Button buttonRef={keep} onClick={onKeep}>
          Keep
        </Button>
      </div>
    </div>
  );
}
