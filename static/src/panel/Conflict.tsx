import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { describe } from "../dates";
import { format, type WorkingTime } from "../durations";
import type { Worklog, WorklogChange } from "../model";
import { Button } from "../ui/Button";
import { Message } from "../ui/Message";

interface Props {
  /** What the reader wanted to change. */
  mine: WorklogChange;
  /** The work log as it is now. */
  theirs: Worklog;
  scale: WorkingTime;
  busy: boolean;
  onKeepMine: () => void;
  onTakeTheirs: () => void;
}

/** Somebody else saved first. Shows both sides of what the reader changed, and lets them decide. */
export function Conflict({ mine, theirs, scale, busy, onKeepMine, onTakeTheirs }: Props): JSX.Element {
  const message = useRef<HTMLDivElement>(null);
  useEffect(() => message.current?.focus(), []);
  return (
    <Message
      kind="warning"
      title="Somebody changed this work log while you were editing it"
      messageRef={message}
      urgent
      actions={
        <>
          <Button kind="primary" busy={busy} onClick={onKeepMine}>
            Save my changes
          </Button>
          <Button onClick={onTakeTheirs}>Load theirs</Button>
        </>
      }
    >
      <table class="conflict">
        <thead>
          <tr>
            <td />
            <th scope="col">Theirs</th>
            <th scope="col">Yours</th>
          </tr>
        </thead>
        <tbody>
          {mine.timeSpentSeconds !== undefined && (
            <Row
              name="Time spent"
              theirs={format(theirs.timeSpentSeconds, scale)}
              mine={format(mine.timeSpentSeconds, scale)}
            />
          )}
          {mine.started !== undefined && (
            <Row name="Started" theirs={describe(theirs.started)} mine={describe(mine.started)} />
          )}
          {mine.description !== undefined && (
            <Row name="Description" theirs={theirs.description} mine={mine.description} />
          )}
        </tbody>
      </table>
      <p>What you did not change stays as they saved it.</p>
    </Message>
  );
}

function Row({ name, theirs, mine }: { name: string; theirs: string; mine: string }): JSX.Element {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{theirs || <em>empty</em>}</td>
      <td>{mine || <em>empty</em>}</td>
    </tr>
  );
}
