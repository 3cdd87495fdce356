import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Permission, Role, TeamDetails } from "../model";
import { permissionName, permissions } from "../permissions";
import { Button } from "../ui/Button";
import { Checkbox, FieldError, TextField } from "../ui/Field";
import { useForm, type FieldErrors } from "../ui/forms";
import { Message } from "../ui/Message";
import { useServices } from "../ui/services";

interface Props {
  team: TeamDetails;
  mayManage: boolean;
  onCreated: (role: Role) => void;
}

export function Roles({ team, mayManage, onCreated }: Props): JSX.Element {
  const { announce } = useServices();
  const [creating, setCreating] = useState(false);
  const createButton = useRef<HTMLButtonElement>(null);
  const close = () => {
    setCreating(false);
    setTimeout(() => createButton.current?.focus(), 0);
  };
  return (
    <div class="stack">
      {mayManage && !creating && (
        <div>
          <Button icon="plus" buttonRef={createButton} onClick={() => setCreating(true)}>
            Create role
          </Button>
        </div>
      )}
      {creating && (
        <RoleForm
          team={team}
          onCancel={close}
          onCreated={(role) => {
            announce(`Role ${role.name} created.`);
            onCreated(role);
            close();
          }}
        />
      )}
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Role</th>
            <th scope="col">What it lets people do</th>
          </tr>
        </thead>
        <tbody>
          {team.roles.map((role) => (
            <tr key={role.id}>
              <th scope="row">
                {role.name}
                {role.isDefault && <p class="cell-note">Default</p>}
              </th>
              <td>
                {role.permissions.length === 0 ? "Nothing but being listed" : role.permissions.map(permissionName).join(", ")}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

type Name = "name" | "permissions";

const fieldOf: Record<string, Name> = { name: "name", permissions: "permissions" };

interface FormProps {
  team: TeamDetails;
  onCreated: (role: Role) => void;
  onCancel: () => void;
}

function RoleForm({ team, onCreated, onCancel }: FormProps): JSX.Element {
  const { api } = useServices();
  const id = useId();
  const form = useForm(fieldOf);
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<ReadonlySet<Permission>>(new Set<Permission>(["log_own"]));

  useEffect(() => {
    form.ref.current?.querySelector<HTMLElement>("input")?.focus();
  }, []);

  const save = () => {
    const wrong: FieldErrors<Name> = name.trim() === "" ? { name: "Give the role a name." } : {};
    const inOrder = permissions.map(({ permission }) => permission).filter((permission) => chosen.has(permission));
    return form.submit(wrong, async () => {
      onCreated(await api.createRole(team.id, { name: name.trim(), permissions: inOrder }));
    });
  };

  const toggle = (permission: Permission) => (on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(permission);
    else next.delete(permission);
    setChosen(next);
  };

  return (
    <form
      ref={form.ref}
      class="card"
      noValidate
      aria-label="Create role"
      onKeyDown={(event) => {
        if (event.key === "Escape") onCancel();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <h2 class="card-title">Create role</h2>
      {form.banner && <Message kind="error" title={form.banner} urgent />}
      <div class="form-grid">
        <TextField
          class="field-wide"
          label="Name"
          name="name"
          required
          maxLength={255}
          value={name}
          error={form.errors.name}
          onInput={(value) => {
            setName(value);
            form.clear("name");
          }}
        />
        <fieldset class="fieldset field-wide" aria-describedby={`${id}-error`}>
          <legend class="field-label">What it lets people do</legend>
          <div class="stack-small">
            {permissions.map(({ permission, name: label, explanation }) => (
              <Checkbox
                key={permission}
                name={permission}
                label={label}
                hint={explanation}
                checked={chosen.has(permission)}
                onChange={toggle(permission)}
              />
            ))}
          </div>
          <FieldError id={`${id}-error`} error={form.errors.permissions} />
        </fieldset>
      </div>
      <div class="form-actions">
        <Button kind="primary" type="submit" busy={form.busy}>
          Create role
        </Button>
        <Button kind="subtle" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
