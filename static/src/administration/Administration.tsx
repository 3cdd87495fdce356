import type { JSX } from "preact";
import type { Settings } from "../model";
import { Button } from "../ui/Button";
import { Message } from "../ui/Message";
import { useServices } from "../ui/services";
import { SkeletonRows } from "../ui/Skeleton";
import { useLoaded } from "../ui/useLoaded";
import { SecuredTeams } from "./SecuredTeams";
import { TeamManagers } from "./TeamManagers";
import { WorkingTimeForm } from "./WorkingTimeForm";

/** What each section gets: the settings as they are, and where to put the new ones. */
export interface SectionProps {
  settings: Settings;
  onChanged: (settings: Settings) => void;
}

export function Administration(): JSX.Element {
  const { api } = useServices();
  const settings = useLoaded(() => api.settings(), "");
  const section = settings.value && { settings: settings.value, onChanged: settings.set };
  return (
    <main class="page page-narrow">
      <header class="page-head">
        <h1>Worklog Vault administration</h1>
      </header>
      {settings.problem && (
        <Message
          kind="error"
          title="The settings could not be loaded"
          actions={<Button onClick={settings.reload}>Try again</Button>}
        >
          <p>{settings.problem.message}</p>
        </Message>
      )}
      {settings.loading && !settings.value && <SkeletonRows count={3} label="Loading settings" />}
      {section && !section.settings.canAdminister && (
        <Message kind="information" title="Only Jira administrators can change these settings" />
      )}
      {section && (
        <>
          <SecuredTeams {...section} />
          <TeamManagers {...section} />
          <WorkingTimeForm {...section} />
        </>
      )}
    </main>
  );
}
