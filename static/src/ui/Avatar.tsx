import type { JSX } from "preact";
import type { Known } from "../people";

const colours = 6;

/** Initials in a circle. Jira's pictures live on other servers, which the page's security policy keeps out. */
export function Avatar({ account, person }: { account: string; person: Known }): JSX.Element {
  return (
    <span class={`avatar avatar-${hash(account) % colours}`} aria-hidden="true">
      {person.state === "known" || person.state === "inactive" ? initials(person.name) : ""}
    </span>
  );
}

export function PersonName({ person }: { person: Known }): JSX.Element {
  if (person.state === "asking") {
    return (
      <span class="skeleton skeleton-name">
        <span class="visually-hidden">{person.name}</span>
      </span>
    );
  }
  return (
    <span class="person-name">
      {person.name}
      {person.state === "inactive" && <span class="subtle"> (deactivated)</span>}
    </span>
  );
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const first = [...(words[0] ?? "")][0] ?? "";
  const last = words.length > 1 ? ([...(words[words.length - 1] ?? "")][0] ?? "") : "";
  return (first + last).toUpperCase();
}

/** FNV-1a: account ids differ in few characters, and neighbours in a list should not look alike. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (value ^ (value >>> 15)) >>> 0;
}
