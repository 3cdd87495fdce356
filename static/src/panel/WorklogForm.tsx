import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiProblem, asProblem } from "../api";
import { zoneLabel } from "../dates";
import { format, inHours, parse, type WorkingTime } from "../durations";
import type { AccountId, Team, Worklog, WorklogChange } from "../model";
import { usePeople } from "../people";
import { Button } from "../ui/Button";
import { SelectField, TextArea, TextField } from "../ui/Field";
import { useForm, type FieldErrors } from "../ui/forms";
import { Icon } from "../ui/Icon";
import { WorldLozenge } from "../ui/Lozenge";
import { Message } from "../ui/Message";
import { useServices } from "../ui/services";
import { useLoaded } from "../ui/useLoaded";
import { Conflict } from "./Conflict";
import { changeOf, check, draftOf, fieldOf, isTouched, newWorklog, type Draft, type DraftField } from "./draft";

interface Props {
  issueId: string;
  /** The work log being changed; null: a new one. */
  worklog: Worklog | null;
  /** What the form starts with. */
  start: Draft;
  /** The secured teams the reader may log for. */
  teams: Team[];
  scale: WorkingTime;
  onSaved: (worklog: Worklog) => void;
  onClose: () => void;
  /** Somebody else's newer version was read. */
  onNewer: (worklog: Worklog) => void;
  /** No answer came to a new work log: whether it exists, only the list can tell. */
  onUnsure: () => void;
  /** The work log no longer exists. */
  onGone: (draft: Draft) => void;
}

export function WorklogForm(props: Props): JSX.Element {
  const { api, announce } = useServices();
  const { scale } = props;
  const form = useForm(fieldOf);
  const [base, setBase] = useState(props.worklog);
  const [original, setOriginal] = useState(props.start);
  const [draft, setDraft] = useState(props.start);
  const [conflict, setConflict] = useState<{ theirs: Worklog; mine: WorklogChange } | null>(null);
  const [leaving, setLeaving] = useState(false);
  const typedIn = useRef<Element | null>(null);

  const focusOn = (name: DraftField) => form.ref.current?.querySelector<HTMLElement>(`[name="${name}"]`)?.focus();

  // When the form opens, and when its fields come back after a conflict.
  useEffect(() => {
    if (!conflict) focusOn(draft.teamId ? "timeSpent" : "teamId");
  }, [conflict]);

  const set = (field: DraftField) => (value: string) => {
    setDraft((now) => ({ ...now, [field]: value }));
    form.clear(field);
    setLeaving(false);
  };

  const save = (now: Draft, from: Worklog | null) => {
    const send = async () => {
      if (!from) return props.onSaved(await api.addWorklog(props.issueId, newWorklog(now, scale)));
      const change = changeOf(now, from, scale);
      if (Object.keys(change).length === 0) return props.onClose();
      props.onSaved(await api.changeWorklog(from.id, from.version, change));
    };
    const explain = async (refusal: ApiProblem) => {
      if (from && refusal.code === "stale_version") {
        const theirs = await api.worklog(from.id).catch(asProblem);
        if (!(theirs instanceof ApiProblem)) {
          props.onNewer(theirs);
          setConflict({ theirs, mine: changeOf(now, from, scale) });
          return true;
        }
        if (theirs.status !== 404) return false;
      }
      if (from && (refusal.status === 404 || refusal.code === "stale_version")) {
        props.onGone(now);
        return true;
      }
      if (isUnsure(refusal, from)) props.onUnsure();
      return false;
    };
    return form.submit(check(now, scale), send, explain);
  };

  const keepMine = () => {
    if (!conflict) return;
    const { theirs, mine } = conflict;
    const merged = draftOf(theirs, scale);
    if (mine.timeSpentSeconds !== undefined) merged.timeSpent = draft.timeSpent;
    if (mine.started !== undefined) Object.assign(merged, { date: draft.date, time: draft.time });
    if (mine.description !== undefined) merged.description = draft.description;
    adopt(theirs, merged);
    void save(merged, theirs);
  };

  const takeTheirs = () => {
    if (!conflict) return;
    adopt(conflict.theirs, draftOf(conflict.theirs, scale));
    announce("Their version is in the form now.");
  };

  const adopt = (theirs: Worklog, next: Draft) => {
    setBase(theirs);
    setOriginal(draftOf(theirs, scale));
    setDraft(next);
    form.clearAll();
    setConflict(null);
  };

  const leave = () => {
    if (!isTouched(draft, original)) return props.onClose();
    typedIn.current = document.activeElement;
    setLeaving(true);
  };

  const stay = () => {
    setLeaving(false);
    if (typedIn.current instanceof HTMLElement) typedIn.current.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      if (leaving) stay();
      else leave();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void save(draft, base);
    }
  };

  const team = props.teams.find(({ id }) => id === draft.teamId) ?? null;
  return (
    <form
      ref={form.ref}
      class="card worklog-form"
      noValidate
      aria-label={base ? "Edit work log" : "Log secured time"}
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        void save(draft, base);
      }}
    >
      <h2 class="card-title">
        <Icon name="lock" />
        {base ? "Edit secured work log" : "Log secured time"}
      </h2>
      {form.banner && (
        <Message kind="error" title={form.banner} urgent>
          {form.problem && isUnsure(form.problem, base) && (
            <p>It may have been saved all the same. The list below has been loaded again: look there before you save again.</p>
          )}
        </Message>
      )}
      {conflict ? (
        <>
          <Conflict {...conflict} scale={scale} busy={form.busy} onKeepMine={keepMine} onTakeTheirs={takeTheirs} />
          <div class="form-actions">
            <Button kind="subtle" onClick={props.onClose}>
              Cancel
            </Button>
          </div>
        </>
      ) : (
        <>
          <div class="form-grid">
            {base ? (
              <div class="field field-wide">
                <span class="field-label">Team</span>
                <span>
                  <WorldLozenge visibility="secured" team={base.team?.name ?? null} />
                </span>
              </div>
            ) : (
              <TeamChoice teams={props.teams} draft={draft} errors={form.errors} set={set} />
            )}
            {!base && team?.permissions.includes("log_for_others") && (
              <AuthorChoice team={team} value={draft.author} error={form.errors.author} onChange={set("author")} />
            )}
            <TextField
              label="Time spent"
              name="timeSpent"
              required
              value={draft.timeSpent}
              placeholder="1h 30m"
              error={form.errors.timeSpent}
              hint={!form.errors.timeSpent && <Interpretation text={draft.timeSpent} scale={scale} />}
              onInput={set("timeSpent")}
            />
            <div class="field-pair">
              <TextField
                label="Date started"
                name="date"
                type="date"
                required
                value={draft.date}
                error={form.errors.date}
                onInput={set("date")}
              />
              <TextField
                label="Time"
                name="time"
                type="time"
                required
                value={draft.time}
                error={form.errors.time}
                onInput={set("time")}
              />
              <p class="field-hint zone">{zoneLabel(draft)}</p>
            </div>
            <TextArea
              class="field-wide"
              label="Description"
              name="description"
              value={draft.description}
              error={form.errors.description}
              onInput={set("description")}
            />
          </div>
          {leaving ? (
            <Leaving onDiscard={props.onClose} onStay={stay} />
          ) : (
            <div class="form-actions">
              <Button kind="primary" type="submit" busy={form.busy}>
                Save
              </Button>
              <Button kind="subtle" onClick={leave}>
                Cancel
              </Button>
              <p class="form-note">Stored outside Jira, for permitted people of the team only.</p>
            </div>
          )}
        </>
      )}
    </form>
  );
}

/** Whether a new work log was saved, nobody knows: it was sent, and no answer came. */
function isUnsure(problem: ApiProblem, from: Worklog | null): boolean {
  return from === null && problem.isUnanswered && problem.code !== "no_token";
}

interface TeamChoiceProps {
  teams: Team[];
  draft: Draft;
  errors: FieldErrors<DraftField>;
  set: (field: DraftField) => (value: string) => void;
}

function TeamChoice({ teams, draft, errors, set }: TeamChoiceProps): JSX.Element {
  const choices = teams.map(({ id, name }) => ({ value: id, label: name }));
  if (draft.teamId === "") choices.unshift({ value: "", label: "Choose a team" });
  return (
    <SelectField
      class="field-wide"
      label="Team"
      name="teamId"
      required
      value={draft.teamId}
      choices={choices}
      error={errors.teamId}
      onChange={(teamId) => {
        set("teamId")(teamId);
        // Another team has other people.
        set("author")("");
      }}
    />
  );
}

interface AuthorChoiceProps {
  team: Team;
  value: AccountId | "";
  error: string | undefined;
  onChange: (account: AccountId | "") => void;
}

/** For those who may log for others: whose time it is. Without the team's people there is nobody to choose, but a
 * person who is chosen already is always shown: nobody logs in another's name unseen. */
function AuthorChoice({ team, value, error, onChange }: AuthorChoiceProps): JSX.Element | null {
  const { api, host, people } = useServices();
  const members = useLoaded(() => api.members(team.id), team.id);
  const me = useLoaded(() => host.currentUser(), "");
  const active = (members.value ?? []).filter((each) => each.active).map(({ accountId }) => accountId);
  const accounts = [...new Set(value === "" ? active : [...active, value])];
  const nameOf = usePeople(people, accounts);
  const others = accounts.filter((account) => account !== me.value);
  if (others.length === 0) return null;
  const choices = others.map((account) => ({ value: account, label: nameOf(account).name }));
  choices.sort((a, b) => a.label.localeCompare(b.label));
  return (
    <SelectField
      class="field-wide"
      label="Person"
      name="author"
      value={value}
      choices={[{ value: "", label: "Me" }, ...choices]}
      error={error}
      onChange={onChange}
    />
  );
}

/** How the typed duration is understood, while it is being typed. */
function Interpretation({ text, scale }: { text: string; scale: WorkingTime }): JSX.Element {
  if (text.trim() === "") return <>Weeks, days, hours, minutes: 2d 4h, 1h 30m, 1.5h</>;
  const read = parse(text, scale);
  if ("problem" in read) return <>{read.problem}</>;
  const written = format(read.seconds, scale);
  const hours = inHours(read.seconds);
  return (
    <span class="interpretation">
      = <strong>{written}</strong>
      {hours !== written && `, that is ${hours}`}
    </span>
  );
}

function Leaving({ onDiscard, onStay }: { onDiscard: () => void; onStay: () => void }): JSX.Element {
  const stay = useRef<HTMLButtonElement>(null);
  useEffect(() => stay.current?.focus(), []);
  return (
    <div class="form-actions" role="group" aria-label="Discard what you typed?">
      <p class="form-question">Discard what you typed?</p>
      <Button kind="primary" buttonRef={stay} onClick={onStay}>
        Keep editing
      </Button>
      <Button onClick={onDiscard}>Discard</Button>
    </div>
  );
}
