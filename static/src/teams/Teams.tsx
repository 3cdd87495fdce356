import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Team, Visibility } from "../model";
import { usePeople } from "../people";
import { PersonName } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { TeamLozenge } from "../ui/Lozenge";
import { Message } from "../ui/Message";
import { useServices } from "../ui/services";
import { SkeletonRows } from "../ui/Skeleton";
import { useLoaded } from "../ui/useLoaded";
import { CreateTeam } from "./CreateTeam";
import { TeamPage } from "./TeamPage";

type Place = { at: "list" } | { at: "create" } | { at: "team"; id: string };

/** The teams page: a list, and from there one team or the form for a new one. */
export function Teams(): JSX.Element {
  const { api, announce } = useServices();
  const teams = useLoaded(() => api.teams(), "");
  const settings = useLoaded(() => api.settings(), "");
  const [place, setPlace] = useState<Place>({ at: "list" });
  const heading = useRef<HTMLHeadingElement>(null);
  const moved = useRef(false);

  // A new screen in the same page: without this, a keyboard would be left on an element that is gone.
  useEffect(() => {
    if (moved.current) heading.current?.focus();
    moved.current = true;
  }, [place]);

  const toList = () => setPlace({ at: "list" });

  if (place.at === "create" && settings.value) {
    return (
      <CreateTeam
        headingRef={heading}
        settings={settings.value}
        onCancel={toList}
        onCreated={(team) => {
          teams.reload();
          announce(`Team ${team.name} created.`);
          setPlace({ at: "team", id: team.id });
        }}
      />
    );
  }
  if (place.at === "team") {
    return <TeamPage key={place.id} id={place.id} headingRef={heading} onBack={toList} onChanged={teams.reload} />;
  }
  return (
    <main class="page">
      <header class="page-head">
        <h1 ref={heading} tabIndex={-1}>
          Teams
        </h1>
        {settings.value?.canCreateTeams && (
          <Button kind="primary" icon="plus" onClick={() => setPlace({ at: "create" })}>
            Create team
          </Button>
        )}
      </header>
      <p class="page-lead">
        The teams you belong to. Work logs of a <strong>public</strong> team live in Jira; those of a{" "}
        <strong>secured</strong> team never do, and only permitted members see them.
      </p>
      {settings.value && !settings.value.canCreateTeams && (
        <p class="subtle">
          New teams are created by Jira administrators and by the team managers whom they name.
        </p>
      )}
      {teams.problem && (
        <Message
          kind="error"
          title="Your teams could not be loaded"
          actions={<Button onClick={teams.reload}>Try again</Button>}
        >
          <p>{teams.problem.message}</p>
        </Message>
      )}
      {teams.loading && !teams.value && <SkeletonRows count={3} label="Loading teams" />}
      {teams.value && <TeamList teams={teams.value} onOpen={(team) => setPlace({ at: "team", id: team.id })} />}
    </main>
  );
}

function TeamList({ teams, onOpen }: { teams: Team[]; onOpen: (team: Team) => void }): JSX.Element {
  const { people } = useServices();
  const [text, setText] = useState("");
  const [visibility, setVisibility] = useState<Visibility | "">("");
  const nameOf = usePeople(
    people,
    teams.map(({ lead }) => lead.accountId),
  );
  const wanted = text.trim().toLowerCase();
  const shown = teams.filter(
    (team) =>
      (visibility === "" || team.visibility === visibility) &&
      [team.name, team.description, nameOf(team.lead.accountId).name].some((part) =>
        part.toLowerCase().includes(wanted),
      ),
  );
  if (teams.length === 0) {
    return (
      <div class="empty">
        <p class="empty-title">You are in no team yet</p>
        <p class="subtle">The lead of a team can add you.</p>
      </div>
    );
  }
  return (
    <>
      <div class="filters">
        <input
          class="input filter-text"
          type="search"
          placeholder="Filter by name, description or lead"
          aria-label="Filter teams"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <select
          class="input filter-select"
          aria-label="Visibility"
          value={visibility}
          onChange={(event) => setVisibility(event.currentTarget.value as Visibility | "")}
        >
          <option value="">All teams</option>
          <option value="secured">Secured</option>
          <option value="public">Public</option>
        </select>
      </div>
      <p class="visually-hidden" role="status">
        {shown.length === 1 ? "1 team" : `${shown.length} teams`}
      </p>
      {shown.length === 0 ? (
        <p class="empty subtle">No team matches.</p>
      ) : (
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Team</th>
              <th scope="col">Work logs</th>
              <th scope="col">Lead</th>
              <th scope="col">Your role</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((team) => (
              <tr key={team.id}>
                <td>
                  <Button kind="link" onClick={() => onOpen(team)}>
                    {team.name}
                  </Button>
                  {team.description && <p class="cell-note">{team.description}</p>}
                </td>
                <td>
                  <TeamLozenge visibility={team.visibility} />
                </td>
                <td>
                  <PersonName person={nameOf(team.lead.accountId)} />
                </td>
                <td>{team.role?.name ?? "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
