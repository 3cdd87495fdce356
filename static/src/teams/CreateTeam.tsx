import type { JSX, Ref } from "preact";
import { useId, useState } from "preact/hooks";
import type { AccountId, Settings, Team, Visibility } from "../model";
import { Button } from "../ui/Button";
import { FieldError, TextArea, TextField } from "../ui/Field";
import { useForm, type FieldErrors } from "../ui/forms";
import { TeamLozenge } from "../ui/Lozenge";
import { Message } from "../ui/Message";
import { useServices } from "../ui/services";
import { useLoaded } from "../ui/useLoaded";
import { UserPicker } from "../ui/UserPicker";

interface Props {
  headingRef: Ref<HTMLHeadingElement>;
  settings: Settings;
  onCreated: (team: Team) => void;
  onCancel: () => void;
}

type Name = "name" | "description" | "lead" | "visibility";

const fieldOf: Record<string, Name> = {
  name: "name",
  description: "description",
  leadAccountId: "lead",
  visibility: "visibility",
};

export function CreateTeam({ headingRef, settings, onCreated, onCancel }: Props): JSX.Element {
  const { api, host } = useServices();
  const me = useLoaded(() => host.currentUser(), "");
  const form = useForm(fieldOf);
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [lead, setLead] = useState<AccountId | null>(null);
  const [leadChosen, setLeadChosen] = useState(false);
  const [visibility, setVisibility] = useState<Visibility | null>(null);

  // Whoever creates a team mostly leads it.
  const leading = leadChosen ? lead : me.value;

  const submit = () => {
    const wrong: FieldErrors<Name> = {};
    if (name.trim() === "") wrong.name = "Give the team a name.";
    if (leadChosen && !lead) wrong.lead = "Choose who leads the team.";
    if (!visibility) wrong.visibility = "Choose where the team’s work logs live. It cannot be changed later.";
    return form.submit(wrong, async () => {
      if (!visibility) return;
      onCreated(
        await api.createTeam({
          name: name.trim(),
          description: description.trim(),
          visibility,
          ...(leading ? { leadAccountId: leading } : {}),
        }),
      );
    });
  };

  return (
    <main class="page page-narrow">
      <header class="page-head">
        <h1 ref={headingRef} tabIndex={-1}>
          Create team
        </h1>
      </header>
      {form.banner && <Message kind="error" title={form.banner} urgent />}
      <form
        ref={form.ref}
        class="stack"
        noValidate
        aria-label="Create team"
        onKeyDown={(event) => {
          if (event.key === "Escape" && name === "" && description === "") onCancel();
        }}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TextField
          label="Name"
          name="name"
          required
          value={name}
          maxLength={255}
          error={form.errors.name}
          onInput={(value) => {
            setName(value);
            form.clear("name");
          }}
        />
        <TextArea
          label="Description"
          name="description"
          rows={2}
          value={description}
          error={form.errors.description}
          onInput={setDescription}
        />
        <UserPicker
          label="Team lead"
          name="lead"
          required
          value={leading}
          error={form.errors.lead}
          hint="Leads the team: sees and manages all its work logs, its members and its roles."
          onChange={(account) => {
            setLead(account);
            setLeadChosen(true);
          }}
        />
        <VisibilityChoice
          value={visibility}
          securedTeams={settings.securedTeams}
          canAdminister={settings.canAdminister}
          error={form.errors.visibility}
          onChange={(value) => {
            setVisibility(value);
            form.clear("visibility");
          }}
        />
        <div class="form-actions">
          <Button kind="primary" type="submit" busy={form.busy}>
            Create team
          </Button>
          <Button kind="subtle" onClick={onCancel}>
            Cancel
          </Button>
        </div>
      </form>
    </main>
  );
}

interface VisibilityProps {
  value: Visibility | null;
  securedTeams: boolean;
  canAdminister: boolean;
  error: string | undefined;
  onChange: (visibility: Visibility) => void;
}

/** The one choice that is for ever, so nothing is chosen beforehand, and it says so before one chooses. */
function VisibilityChoice(props: VisibilityProps): JSX.Element {
  const id = useId();
  const option = (visibility: Visibility, explanation: string, disabled: boolean) => (
    <div class={`choice${props.value === visibility ? " choice-chosen" : ""}`}>
      <input
        type="radio"
        id={`${id}-${visibility}`}
        name="visibility"
        value={visibility}
        checked={props.value === visibility}
        disabled={disabled}
        aria-invalid={props.error && !disabled ? true : undefined}
        aria-describedby={`${id}-${visibility}-text`}
        onChange={() => props.onChange(visibility)}
      />
      <div>
        <label for={`${id}-${visibility}`}>
          <TeamLozenge visibility={visibility} />
        </label>
        <p class="cell-note" id={`${id}-${visibility}-text`}>
          {explanation}
        </p>
      </div>
    </div>
  );
  return (
    <fieldset class="fieldset" aria-describedby={`${id}-ever ${id}-error`}>
      <legend class="field-label">
        Work logs
        <span class="field-required" aria-hidden="true">
          {" "}
          *
        </span>
      </legend>
      <div id={`${id}-ever`} class="for-ever">
        <Message kind="warning" title="This choice is for ever">
          <p>
            Nobody can change it later, not even an administrator: people log secured time because they can rely on
            it.
          </p>
        </Message>
      </div>
      <div class="choices">
        {option(
          "secured",
          "Work logs are stored outside Jira. Only their author, and members whose role lets them view or manage others’ work logs, see them, on any channel.",
          !props.securedTeams,
        )}
        {option("public", "Work logs are stored in Jira. Everybody who may see the issue’s work logs sees them.", false)}
      </div>
      {!props.securedTeams && (
        <p class="field-hint">
          {props.canAdminister
            ? "Secured teams are switched off on this site. You can switch them on: Apps, Worklog Vault administration."
            : "Secured teams are switched off on this site. A Jira administrator can switch them on in the administration of Worklog Vault."}
        </p>
      )}
      <FieldError id={`${id}-error`} error={props.error} />
    </fieldset>
  );
}
