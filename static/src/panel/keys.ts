/** Single-key shortcuts, as in Jira. They can be switched off (WCAG 2.1.4): speech input types letters. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { recall, remember } from "../ui/remembered";

export const shortcutList: { keys: string[]; meaning: string }[] = [
  { keys: ["n"], meaning: "Log secured time" },
  { keys: ["j", "↓"], meaning: "Next work log" },
  { keys: ["k", "↑"], meaning: "Previous work log" },
  { keys: ["Enter"], meaning: "Edit the work log" },
  { keys: ["Del"], meaning: "Delete the work log, after a question" },
  { keys: ["Ctrl + Enter"], meaning: "Save the form" },
  { keys: ["Esc"], meaning: "Cancel, close" },
  { keys: ["r"], meaning: "Load the list again" },
  { keys: ["?"], meaning: "Show or hide this help" },
];

const preference = "shortcuts";

/** Whether letters act, and the switch. Escape, Enter, Delete and the arrows act on what has the focus, and stay. */
export function useShortcutPreference(): [boolean, (on: boolean) => void] {
  const [on, setOn] = useState(() => recall(preference) !== "off");
  const change = useCallback((next: boolean) => {
    remember(preference, next ? "on" : "off");
    setOn(next);
  }, []);
  return [on, change];
}

export function useShortcuts(on: boolean, actions: Record<string, () => void>): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    if (!on) return;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const action = latest.current[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [on]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input:not([type=checkbox]), textarea, select");
}
