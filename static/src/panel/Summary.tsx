import type { JSX } from "preact";
import { format, type WorkingTime } from "../durations";
import type { JiraPart } from "../model";

interface Props {
  secured: { seconds: number; state: "loading" | "ready" | "failed" };
  jira: JiraPart | null;
  /** Jira's part is still being asked for. */
  waiting: boolean;
  scale: WorkingTime;
}

/** Three sums and a bar. Jira's sum and the secured one are never added up in words: Jira knows nothing of the second,
 * and the second is what this reader may see, not what there is. */
export function Summary({ secured, jira, waiting, scale }: Props): JSX.Element {
  const spent = jira?.timeSpentSeconds ?? null;
  const estimate = jira?.originalEstimateSeconds ?? null;
  const noJira = waiting ? null : jira?.status === "ok" ? undefined : "Jira did not answer";
  return (
    <section class="summary" aria-label="Time on this issue">
      <dl class="sums">
        <Sum
          term="Secured"
          note="that you may see"
          marker="secured"
          text={secured.state === "loading" ? null : secured.state === "failed" ? "–" : format(secured.seconds, scale)}
          title={secured.state === "failed" ? "Could not be loaded" : undefined}
        />
        <Sum
          term="Time spent"
          note="in Jira"
          marker="jira"
          text={noJira === null ? null : noJira ? "–" : format(spent ?? 0, scale)}
          title={noJira}
        />
        <Sum
          term="Original estimate"
          note="in Jira"
          marker="estimate"
          text={noJira === null ? null : noJira ? "–" : estimate ? format(estimate, scale) : "None"}
          title={noJira}
        />
      </dl>
      <Bar secured={secured.state === "ready" ? secured.seconds : 0} spent={spent ?? 0} estimate={estimate ?? 0} scale={scale} />
    </section>
  );
}

interface SumProps {
  term: string;
  note: string;
  marker: "secured" | "jira" | "estimate";
  /** Null while it is being asked for. */
  text: string | null;
  title?: string | null | undefined;
}

function Sum({ term, note, marker, text, title }: SumProps): JSX.Element {
  return (
    <div class="sum">
      <dt>
        <span class={`marker marker-${marker}`} aria-hidden="true" />
        {term} <span class="sum-note">{note}</span>
      </dt>
      <dd class="sum-value" title={title ?? undefined}>
        {text ?? (
          <span class="skeleton skeleton-short">
            <span class="visually-hidden">Loading</span>
          </span>
        )}
        {title && <span class="visually-hidden"> ({title})</span>}
      </dd>
    </div>
  );
}

interface BarProps {
  secured: number;
  spent: number;
  estimate: number;
  scale: WorkingTime;
}

function Bar({ secured, spent, estimate, scale }: BarProps): JSX.Element {
  const whole = Math.max(estimate, secured + spent, 1);
  const share = (seconds: number) => (seconds / whole) * 100;
  const over = estimate > 0 && secured + spent > estimate;
  const label =
    estimate > 0
      ? `${format(spent + secured, scale)} of the estimated ${format(estimate, scale)}${over ? ", over the estimate" : ""}`
      : `${format(spent, scale)} in Jira and ${format(secured, scale)} secured, no estimate`;
  return (
    <svg class="bar" role="img" aria-label={label} width="100%" height="8">
      <rect class="bar-track" width="100%" height="8" rx="4" />
      <svg width="100%" height="8">
        <rect class="bar-secured" width={`${share(secured)}%`} height="8" />
        <rect class="bar-jira" x={`${share(secured)}%`} width={`${share(spent)}%`} height="8" />
        {over && <rect class="bar-limit" x={`${share(estimate)}%`} width="2" height="8" />}
      </svg>
    </svg>
  );
}
