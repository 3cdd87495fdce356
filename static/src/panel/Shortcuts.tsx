import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { IconButton } from "../ui/Button";
import { Checkbox } from "../ui/Field";
import { shortcutList } from "./keys";

interface Props {
  id: string;
  on: boolean;
  onChange: (on: boolean) => void;
  onClose: () => void;
}

/** In the flow of the page, not a dialog: a dialog would be cut off by the edges of a small frame. */
export function Shortcuts({ id, on, onChange, onClose }: Props): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section class="card shortcuts" id={id} aria-labelledby={`${id}-title`}>
      <div class="card-head">
        <h2 class="card-title" id={`${id}-title`} ref={heading} tabIndex={-1}>
          Keyboard shortcuts
        </h2>
        <IconButton icon="close" label="Close help" onClick={onClose} />
      </div>
      <dl class="shortcut-list">
        {shortcutList.map(({ keys, meaning }) => (
          <div class="shortcut" key={meaning}>
            <dt>
              {keys.map((key, index) => (
                <span key={key}>
                  {index > 0 && " or "}
                  <kbd>{key}</kbd>
                </span>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <Checkbox label="Single letters act as shortcuts" checked={on} onChange={onChange} />
    </section>
  );
}
