import type { JSX, Ref } from "preact";
import { useState } from "preact/hooks";
import { usePeople } from "../people";
import { PersonName } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { TeamLozenge } from "../ui/Lozenge";
import { Message } from "../ui/Message";
import { useServices } from "../ui/services";
import { SkeletonRows } from "../ui/Skeleton";
import { Tabs } from "../ui/Tabs";
import { useLoaded } from "../ui/useLoaded";
import { Members } from "./Members";
import { Roles } from "./Roles";

interface Props {
  id: string;
  headingRef: Ref<HTMLHeadingElement>;
  onBack: () => void;
  /** Something changed that the list of teams shows. */
  onChanged: () => void;
}

export function TeamPage({ id, headingRef, onBack, onChanged }: Props): JSX.Element {
  const { api, people } = useServices();
  const team = useLoaded(() => api.team(id), id);
  const nameOf = usePeople(people, team.value ? [team.value.lead.accountId] : []);
  const [tab, setTab] = useState<"members" | "roles">("members");
  const value = team.value;
  const mayManage = value?.permissions.includes("manage_team") ?? false;
  return (
    <main class="page">
      <nav aria-label="Back">
        <button type="button" class="button button-link back" onClick={onBack}>
          <Icon name="back" size={14} /> Teams
        </button>
      </nav>
      <header class="page-head">
        <h1 ref={headingRef} tabIndex={-1}>
          {value?.name ?? "Team"}
        </h1>
        {value && <TeamLozenge visibility={value.visibility} />}
      </header>
      {team.problem && (
        <Message
          kind="error"
          title="The team could not be loaded"
          actions={<Button onClick={team.reload}>Try again</Button>}
        >
          <p>{team.problem.message}</p>
        </Message>
      )}
      {!value && team.loading && <SkeletonRows count={3} label="Loading the team" />}
      {value && (
        <>
          {value.description && <p class="page-lead">{value.description}</p>}
          <dl class="facts">
            <div>
              <dt>Lead</dt>
              <dd>
                <PersonName person={nameOf(value.lead.accountId)} />
              </dd>
            </div>
            <div>
              <dt>Your role</dt>
              <dd>{value.role?.name ?? "None"}</dd>
            </div>
          </dl>
          <Tabs
            label="Team"
            tabs={[
              { key: "members", label: "Members" },
              { key: "roles", label: "Roles" },
            ]}
            selected={tab}
            onSelect={setTab}
          >
            {tab === "members" ? (
              <Members
                team={value}
                mayManage={mayManage}
                onChanged={() => {
                  team.reload();
                  onChanged();
                }}
              />
            ) : (
              <Roles
                team={value}
                mayManage={mayManage}
                onCreated={(role) => team.set({ ...value, roles: [...value.roles, role] })}
              />
            )}
          </Tabs>
        </>
      )}
    </main>
  );
}
