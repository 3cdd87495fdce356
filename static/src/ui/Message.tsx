import type { ComponentChildren, JSX, Ref } from "preact";
import { Icon, type IconName } from "./Icon";

interface MessageProps {
  kind: "information" | "warning" | "error" | "success";
  title: string;
  children?: ComponentChildren;
  /** Buttons. */
  actions?: ComponentChildren;
  /** Read out at once. For what a person must hear now: an error that stopped what they did. */
  urgent?: boolean;
  messageRef?: Ref<HTMLDivElement>;
}

const icons: Record<MessageProps["kind"], IconName> = {
  information: "information",
  warning: "warning",
  error: "error",
  success: "success",
};

export function Message(props: MessageProps): JSX.Element {
  return (
    <div
      class={`message message-${props.kind}`}
      role={props.urgent ? "alert" : undefined}
      ref={props.messageRef ?? null}
      tabIndex={props.messageRef ? -1 : undefined}
    >
      <span class="message-icon">
        <Icon name={icons[props.kind]} />
      </span>
      <div class="message-body">
        <p class="message-title">{props.title}</p>
        {props.children}
        {props.actions && <div class="message-actions">{props.actions}</div>}
      </div>
    </div>
  );
}
