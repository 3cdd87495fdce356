import type { JSX } from "preact";

/** Outlines on a grid of 16, drawn with the text's colour. */
const shapes = {
  lock: "M4.5 7V5a3.5 3.5 0 0 1 7 0v2M3.5 7h9v6.5h-9zM8 9.5v1.6",
  globe: "M8 1.75a6.25 6.25 0 1 0 0 12.5 6.25 6.25 0 0 0 0-12.5M1.75 8h12.5M8 1.75c-4 4-4 8.5 0 12.5 4-4 4-8.5 0-12.5",
  plus: "M8 2.5v11M2.5 8h11",
  edit: "M10.5 2.8 13.2 5.5 5.3 13.4 2 14 2.6 10.7zM9 4.3 11.7 7",
  trash: "M2.5 4h11M6 4V2.25h4V4M3.8 4l.6 9.75h7.2L12.2 4M6.6 6.75v4.5M9.4 6.75v4.5",
  refresh: "M13.25 8A5.25 5.25 0 1 1 11.6 4.2M11.75 1.5v3h-3",
  help: "M8 1.75a6.25 6.25 0 1 0 0 12.5 6.25 6.25 0 0 0 0-12.5M6 6.2C6 5 6.9 4.4 8 4.4s2 .7 2 1.7c0 1.4-2 1.5-2 3M8 11.2v.6",
  warning: "M8 2 14.5 13.5h-13zM8 6.5v3.2M8 11.4v.5",
  error: "M8 1.75a6.25 6.25 0 1 0 0 12.5 6.25 6.25 0 0 0 0-12.5M8 4.7v4M8 10.8v.6",
  information: "M8 1.75a6.25 6.25 0 1 0 0 12.5 6.25 6.25 0 0 0 0-12.5M8 7.4v4M8 4.6v.6",
  success: "M8 1.75a6.25 6.25 0 1 0 0 12.5 6.25 6.25 0 0 0 0-12.5M5.2 8.2l2 2 3.6-4",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  back: "M9.5 3 4.5 8l5 5",
  person: "M8 8a2.75 2.75 0 1 0 0-5.5A2.75 2.75 0 0 0 8 8M2.75 14c.3-2.7 2.3-4 5.25-4s4.95 1.3 5.25 4",
  clock: "M8 1.75a6.25 6.25 0 1 0 0 12.5 6.25 6.25 0 0 0 0-12.5M8 4.5V8l2.5 1.75",
} as const;

export type IconName = keyof typeof shapes;

/** Decoration: whatever it means must also be said in words beside it, or by its button's label. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" width={size} height={size} aria-hidden="true" focusable="false">
      <path d={shapes[name]} />
    </svg>
  );
}
