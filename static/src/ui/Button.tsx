import type { ComponentChildren, JSX, Ref } from "preact";
import { Icon, type IconName } from "./Icon";

interface ButtonProps {
  children: ComponentChildren;
  kind?: "primary" | "default" | "subtle" | "danger" | "link";
  icon?: IconName;
  type?: "button" | "submit";
  /** Being worked on: the button stays focusable, but does nothing. */
  busy?: boolean;
  disabled?: boolean;
  onClick?: (event: MouseEvent) => void;
  buttonRef?: Ref<HTMLButtonElement>;
  expanded?: boolean;
  controls?: string;
}

export function Button(props: ButtonProps): JSX.Element {
  const { kind = "default", type = "button", busy = false } = props;
  return (
    <button
      ref={props.buttonRef ?? null}
      type={type}
      class={`button button-${kind}`}
      aria-disabled={busy || undefined}
      disabled={props.disabled}
      aria-expanded={props.expanded}
      aria-controls={props.controls}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else props.onClick?.(event);
      }}
    >
      {busy ? <span class="spinner" aria-hidden="true" /> : props.icon && <Icon name={props.icon} />}
      <span>{props.children}</span>
    </button>
  );
}

interface IconButtonProps {
  icon: IconName;
  /** Says what happens, and to what: "Edit work log of Mia, 1h". */
  label: string;
  onClick: (event: MouseEvent) => void;
  tabIndex?: number;
  expanded?: boolean;
  controls?: string;
  danger?: boolean;
  buttonRef?: Ref<HTMLButtonElement>;
  /** Shown in the tooltip; the label alone is read out. */
  shortcut?: string;
}

export function IconButton(props: IconButtonProps): JSX.Element {
  const hint = props.shortcut ? `${props.label} (${props.shortcut})` : props.label;
  return (
    <button
      ref={props.buttonRef ?? null}
      type="button"
      class={`icon-button${props.danger ? " icon-button-danger" : ""}`}
      aria-label={props.label}
      title={hint}
      tabIndex={props.tabIndex}
      aria-expanded={props.expanded}
      aria-controls={props.controls}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}
