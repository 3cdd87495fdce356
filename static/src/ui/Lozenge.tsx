import type { JSX } from "preact";
import type { Visibility } from "../model";
import { Icon } from "./Icon";

/** Where a work log lives, plain to see: a lock and the team's name, or a globe and "Jira". */
export function WorldLozenge(props: { visibility: Visibility; team: string | null }): JSX.Element {
  if (props.visibility === "public") {
    return (
      <span class="lozenge lozenge-public" title="Everyone who may see this issue’s work logs in Jira can see it">
        <Icon name="globe" size={12} />
        <span class="lozenge-text">
          <span class="visually-hidden">Public, stored in </span>Jira
        </span>
      </span>
    );
  }
  const team = props.team ?? "Secured";
  return (
    <span class="lozenge lozenge-secured" title="Secured: visible to its author and to permitted people of this team only">
      <Icon name="lock" size={12} />
      <span class="lozenge-text">
        <span class="visually-hidden">Secured, team </span>
        {team}
      </span>
    </span>
  );
}

export function TeamLozenge({ visibility }: { visibility: Visibility }): JSX.Element {
  return visibility === "secured" ? (
    <span class="lozenge lozenge-secured">
      <Icon name="lock" size={12} />
      <span class="lozenge-text">Secured</span>
    </span>
  ) : (
    <span class="lozenge lozenge-public">
      <Icon name="globe" size={12} />
      <span class="lozenge-text">Public</span>
    </span>
  );
}

export function StateLozenge({ children, on }: { children: string; on: boolean }): JSX.Element {
  return <span class={`lozenge ${on ? "lozenge-success" : "lozenge-public"}`}>{children}</span>;
}
