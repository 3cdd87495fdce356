import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { asProblem } from "../api";
import { describeDate, localDate } from "../dates";
import type { AccountId, Member, MemberChange, TeamDetails } from "../model";
import { usePeople, type Known } from "../people";
import { Avatar, PersonName } from "../ui/Avatar";
import { Button, IconButton } from "../ui/Button";
import { SelectField, TextField } from "../ui/Field";
import { useForm, type FieldErrors } from "../ui/forms";
import { StateLozenge } from "../ui/Lozenge";
import { Message } from "../ui/Message";
import { useServices } from "../ui/services";
import { SkeletonRows } from "../ui/Skeleton";
import { useLoaded } from "../ui/useLoaded";
import { UserPicker } from "../ui/UserPicker";

interface Props {
  team: TeamDetails;
  mayManage: boolean;
  /** A membership changed, and with it perhaps what the reader may do here. */
  onChanged: () => void;
}

type Open = { kind: "nothing" } | { kind: "adding" } | { kind: "changing" | "ending"; member: Member };

const nothing: Open = { kind: "nothing" };

export function Members({ team, mayManage, onChanged }: Props): JSX.Element {
  const { api, people, announce } = useServices();
  const members = useLoaded(() => api.members(team.id), team.id);
  const [open, setOpen] = useState<Open>(nothing);
  const addButton = useRef<HTMLButtonElement>(null);
  const accounts = (members.value ?? []).map(({ accountId }) => accountId);
  const nameOf = usePeople(people, accounts);

  const close = () => {
    setOpen(nothing);
    setTimeout(() => addButton.current?.focus(), 0);
  };
  const done = (said: string) => {
    announce(said);
    close();
    members.reload();
    onChanged();
  };

  const shown = [...(members.value ?? [])].sort(
    (a, b) => Number(b.active) - Number(a.active) || nameOf(a.accountId).name.localeCompare(nameOf(b.accountId).name),
  );
  return (
    <div class="stack">
      {mayManage && open.kind !== "adding" && (
        <div>
          <Button icon="plus" buttonRef={addButton} onClick={() => setOpen({ kind: "adding" })}>
            Add member
          </Button>
        </div>
      )}
      {open.kind === "adding" && (
        <MemberForm
          team={team}
          member={null}
          taken={shown.filter(({ active }) => active).map(({ accountId }) => accountId)}
          onCancel={close}
          onSaved={(member) => done(`${nameOf(member.accountId).name} added.`)}
        />
      )}
      {members.problem && (
        <Message
          kind="error"
          title="The members could not be loaded"
          actions={<Button onClick={members.reload}>Try again</Button>}
        >
          <p>{members.problem.message}</p>
        </Message>
      )}
      {members.loading && !members.value && <SkeletonRows count={3} label="Loading members" />}
      {shown.length > 0 && (
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Role</th>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col">State</th>
              {mayManage && (
                <th scope="col">
                  <span class="visually-hidden">Actions</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {shown.map((member) => {
              const person = nameOf(member.accountId);
              const isOpen = (open.kind === "changing" || open.kind === "ending") && open.member.id === member.id;
              if (isOpen) {
                return (
                  <tr key={member.id}>
                    <td colSpan={6}>
                      {open.kind === "changing" ? (
                        <MemberForm
                          team={team}
                          member={member}
                          taken={[]}
                          onCancel={close}
                          onSaved={() => done(`${person.name} changed.`)}
                        />
                      ) : (
                        <EndMembership
                          team={team}
                          member={member}
                          person={person}
                          onCancel={close}
                          onEnded={() => done(`The membership of ${person.name} ends.`)}
                        />
                      )}
                    </td>
                  </tr>
                );
              }
              return (
                <tr key={member.id}>
                  <td>
                    <span class="person">
                      <Avatar account={member.accountId} person={person} />
                      <PersonName person={person} />
                    </span>
                  </td>
                  <td>{member.role.name}</td>
                  <td>{describeDate(member.joinedOn)}</td>
                  <td>{member.leftOn ? describeDate(member.leftOn) : "–"}</td>
                  <td>
                    <StateLozenge on={member.active}>{stateOf(member)}</StateLozenge>
                  </td>
                  {mayManage && (
                    <td class="cell-actions">
                      <IconButton
                        icon="edit"
                        label={`Change role and dates of ${person.name}`}
                        onClick={() => setOpen({ kind: "changing", member })}
                      />
                      {member.active && (
                        <IconButton
                          icon="close"
                          danger
                          label={`End the membership of ${person.name}`}
                          onClick={() => setOpen({ kind: "ending", member })}
                        />
                      )}
                    </td>
                  )}
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </div>
  );
}

function stateOf(member: Member): string {
  if (member.active) return "Active";
  return member.joinedOn > localDate(new Date()) ? "Not yet" : "Ended";
}

type Name = "accountId" | "roleId" | "joinedOn" | "leftOn";

const fieldOf: Record<string, Name> = {
  accountId: "accountId",
  roleId: "roleId",
  joinedOn: "joinedOn",
  leftOn: "leftOn",
};

interface FormProps {
  team: TeamDetails;
  /** Null: a new member. */
  member: Member | null;
  taken: AccountId[];
  onSaved: (member: Member) => void;
  onCancel: () => void;
}

function MemberForm({ team, member, taken, onSaved, onCancel }: FormProps): JSX.Element {
  const { api } = useServices();
  const form = useForm(fieldOf);
  const usual = team.roles.find(({ name, isDefault }) => isDefault && /member/i.test(name)) ?? team.roles[0];
  const [account, setAccount] = useState<AccountId | null>(member?.accountId ?? null);
  const [roleId, setRoleId] = useState(member?.role.id ?? usual?.id ?? "");
  const [joinedOn, setJoinedOn] = useState(member?.joinedOn ?? localDate(new Date()));
  const [leftOn, setLeftOn] = useState(member?.leftOn ?? "");
  const [stale, setStale] = useState(false);

  useEffect(() => {
    form.ref.current?.querySelector<HTMLElement>("input, select")?.focus();
  }, []);

  const send = async () => {
    if (!account) return;
    if (!member) {
      return onSaved(await api.addMember(team.id, { accountId: account, roleId, joinedOn, leftOn: leftOn || null }));
    }
    const change: MemberChange = {};
    if (roleId !== member.role.id) change.roleId = roleId;
    if (joinedOn !== member.joinedOn) change.joinedOn = joinedOn;
    if (leftOn !== (member.leftOn ?? "")) change.leftOn = leftOn || null;
    if (Object.keys(change).length === 0) return onCancel();
    onSaved(await api.changeMember(team.id, member, change));
  };

  const save = () => {
    const wrong: FieldErrors<Name> = {};
    if (!account) wrong.accountId = "Choose who joins the team.";
    if (joinedOn === "") wrong.joinedOn = "Give the first day.";
    if (leftOn !== "" && leftOn < joinedOn) wrong.leftOn = "The last day lies before the first.";
    return form.submit(wrong, send, ({ code }) => {
      setStale(code === "stale_version");
      return code === "stale_version";
    });
  };

  return (
    <form
      ref={form.ref}
      class="card"
      noValidate
      aria-label={member ? "Change member" : "Add member"}
      onKeyDown={(event) => {
        if (event.key === "Escape") onCancel();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <h2 class="card-title">{member ? "Change role and dates" : "Add member"}</h2>
      {form.banner && <Message kind="error" title={form.banner} urgent />}
      {stale && (
        <Message kind="warning" title="Somebody changed this membership while you were editing it" urgent>
          <p>Cancel, look at it as it is now, then decide.</p>
        </Message>
      )}
      <div class="form-grid">
        {!member && (
          <UserPicker
            label="Person"
            name="accountId"
            required
            value={account}
            without={taken}
            error={form.errors.accountId}
            onChange={(next) => {
              setAccount(next);
              form.clear("accountId");
            }}
          />
        )}
        <SelectField
          label="Role"
          name="roleId"
          required
          value={roleId}
          choices={team.roles.map(({ id, name }) => ({ value: id, label: name }))}
          error={form.errors.roleId}
          onChange={setRoleId}
        />
        <TextField
          label="First day"
          name="joinedOn"
          type="date"
          required
          value={joinedOn}
          error={form.errors.joinedOn}
          onInput={(value) => {
            setJoinedOn(value);
            form.clear("joinedOn");
          }}
        />
        <TextField
          label="Last day"
          name="leftOn"
          type="date"
          value={leftOn}
          error={form.errors.leftOn}
          hint="Empty: until further notice"
          onInput={(value) => {
            setLeftOn(value);
            form.clear("leftOn");
          }}
        />
      </div>
      <div class="form-actions">
        <Button kind="primary" type="submit" busy={form.busy}>
          {member ? "Save" : "Add"}
        </Button>
        <Button kind="subtle" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

interface EndProps {
  team: TeamDetails;
  member: Member;
  person: Known;
  onEnded: () => void;
  onCancel: () => void;
}

function EndMembership({ team, member, person, onEnded, onCancel }: EndProps): JSX.Element {
  const { api } = useServices();
  const keep = useRef<HTMLButtonElement>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => keep.current?.focus(), []);
  const end = async () => {
    if (busy) return;
    setBusy(true);
    try {
      await api.endMembership(team.id, member.id);
      onEnded();
    } catch (thrown) {
      setError(asProblem(thrown).message);
      setBusy(false);
    }
  };
  const question = `End the membership of ${person.name} now?`;
  return (
    <div
      class="card delete-question"
      role="alertdialog"
      aria-label={question}
      aria-describedby={`end-${member.id}`}
      onKeyDown={(event) => {
        if (event.key === "Escape") onCancel();
      }}
    >
      <p class="card-title">{question}</p>
      <p class="subtle" id={`end-${member.id}`}>
        At once, {person.name} can no longer log time in this team or read others’ work logs. Time already logged
        stays.
      </p>
      {error && (
        <p class="field-error" role="alert">
          {error}
        </p>
      )}
      <div class="form-actions">
        <Button kind="danger" busy={busy} onClick={() => void end()}>
          End membership
        </Button>
        <Button buttonRef={keep} onClick={onCancel}>
          Keep
        </Button>
      </div>
    </div>
  );
}
