import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { asProblem } from "../api";
import type { AccountId } from "../model";
import { usePeople } from "../people";
import { Avatar, PersonName } from "../ui/Avatar";
import { IconButton } from "../ui/Button";
import { Message } from "../ui/Message";
import { useServices } from "../ui/services";
import { UserPicker } from "../ui/UserPicker";
import type { SectionProps } from "./Administration";

export function TeamManagers({ settings, onChanged }: SectionProps): JSX.Element {
  const { api, people, announce } = useServices();
  const section = useRef<HTMLElement>(null);
  const [error, setError] = useState<string | null>(null);
  const managers = settings.teamManagers;
  const nameOf = usePeople(people, managers);

  const save = async (next: AccountId[], said: string) => {
    setError(null);
    try {
      onChanged(await api.changeSettings({ teamManagers: next }));
      announce(said);
      section.current?.querySelector<HTMLElement>('input[name="teamManager"]')?.focus();
    } catch (thrown) {
      setError(asProblem(thrown).message);
    }
  };

  return (
    <section class="card section" aria-labelledby="team-managers" ref={section}>
      <h2 id="team-managers">Team managers</h2>
      <p class="subtle">
        May create teams, as Jira administrators may. It gives no sight of work logs: that takes a role in a team.
      </p>
      {error && <Message kind="error" title={error} urgent />}
      {managers.length > 0 && (
        <ul class="people" aria-label="Team managers">
          {managers.map((account) => (
            <li key={account}>
              <span class="person">
                <Avatar account={account} person={nameOf(account)} />
                <PersonName person={nameOf(account)} />
              </span>
              {settings.canAdminister && (
                <IconButton
                  icon="close"
                  danger
                  label={`Remove ${nameOf(account).name} from the team managers`}
                  onClick={() =>
                    void save(
                      managers.filter((manager) => manager !== account),
                      `${nameOf(account).name} removed.`,
                    )
                  }
                />
              )}
            </li>
          ))}
        </ul>
      )}
      {managers.length === 0 && <p class="subtle">Nobody yet.</p>}
      {settings.canAdminister && (
        <UserPicker
          label="Add a team manager"
          name="teamManager"
          value={null}
          without={managers}
          onChange={(account) => {
            if (account) void save([...managers, account], `${people.get(account).name} added.`);
          }}
        />
      )}
    </section>
  );
}
