import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { asProblem } from "../api";
import { Message } from "../ui/Message";
import { useServices } from "../ui/services";
import type { SectionProps } from "./Administration";

export function SecuredTeams({ settings, onChanged }: SectionProps): JSX.Element {
  const { api, announce } = useServices();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const on = settings.securedTeams;
  const toggle = async () => {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      onChanged(await api.changeSettings({ securedTeams: !on }));
      announce(on ? "Secured teams are off now." : "Secured teams are on now.");
    } catch (thrown) {
      setError(asProblem(thrown).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section class="card section" aria-labelledby="secured-teams">
      <div class="switch-row">
        <div>
          <h2 id="secured-teams">Secured teams</h2>
          <p class="subtle" id="secured-teams-note">
            Lets team managers create teams whose work logs are stored outside Jira.
          </p>
        </div>
        <button
          type="button"
          class="switch"
          role="switch"
          aria-checked={on}
          aria-labelledby="secured-teams"
          aria-describedby="secured-teams-note"
          aria-disabled={busy || undefined}
          disabled={!settings.canAdminister}
          onClick={() => void toggle()}
        >
          <span class="switch-knob" aria-hidden="true" />
          <span class="switch-text" aria-hidden="true">
            {on ? "On" : "Off"}
          </span>
        </button>
      </div>
      {error && <Message kind="error" title={error} urgent />}
      <ul class="notes">
        <li>
          A secured work log is visible to its author, and to members whose role lets them view or manage others’ work
          logs. Not to you by being an administrator, and not through Jira’s own pages, search or history.
        </li>
        <li>
          Secured time does not count in Jira’s time spent and remaining estimate: Jira does not know of it.
        </li>
        <li>
          It is stored in Worklog Vault’s database, each site on its own, descriptions encrypted. Whoever runs that
          service and holds its keys is trusted with it.
        </li>
        <li>Switching this off stops new secured teams. Those that exist stay as they are.</li>
      </ul>
    </section>
  );
}
