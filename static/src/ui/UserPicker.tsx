import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Person } from "../host";
import type { AccountId } from "../model";
import { usePeople } from "../people";
import { Avatar, PersonName } from "./Avatar";
import { IconButton } from "./Button";
import { Field } from "./Field";
import { useServices } from "./services";

interface Props {
  label: string;
  name: string;
  value: AccountId | null;
  onChange: (account: AccountId | null) => void;
  /** People who cannot be chosen, because they already are. */
  without?: AccountId[];
  error?: string | undefined;
  hint?: ComponentChildren;
  required?: boolean;
}

type Search = { state: "idle" | "asking" | "failed" } | { state: "found"; people: Person[] };

const patienceMilliseconds = 200;

/** Finds a colleague through Jira's own search. The list opens in the flow of the page: a frame would cut a floating
 * one off. */
export function UserPicker(props: Props): JSX.Element {
  const { people } = useServices();
  const nameOf = usePeople(people, props.value ? [props.value] : []);
  const field = useRef<HTMLDivElement>(null);

  if (props.value) {
    const account = props.value;
    const person = nameOf(account);
    return (
      <div class="field" ref={field}>
        <span class="field-label">{props.label}</span>
        <div class="picked">
          <Avatar account={account} person={person} />
          <PersonName person={person} />
          <IconButton
            icon="close"
            label={`Choose somebody else than ${person.name}`}
            onClick={() => {
              props.onChange(null);
              setTimeout(() => document.querySelector<HTMLElement>(`input[name="${props.name}"]`)?.focus(), 0);
            }}
          />
        </div>
        {props.error && <p class="field-error">{props.error}</p>}
      </div>
    );
  }
  return <PickerInput {...props} />;
}

function PickerInput(props: Props): JSX.Element {
  const { host, people, announce } = useServices();
  const [text, setText] = useState("");
  const [search, setSearch] = useState<Search>({ state: "idle" });
  const [active, setActive] = useState(0);
  const listId = useId();

  const wanted = text.trim();
  useEffect(() => {
    if (wanted === "") return setSearch({ state: "idle" });
    let stale = false;
    const timer = setTimeout(() => {
      setSearch({ state: "asking" });
      host.searchPeople(wanted).then(
        (found) => {
          if (stale) return;
          const choices = found.filter(({ accountId }) => !props.without?.includes(accountId)).slice(0, 8);
          setSearch({ state: "found", people: choices });
          setActive(0);
          announce(choices.length === 1 ? "1 person found." : `${choices.length} people found.`);
        },
        () => {
          if (!stale) setSearch({ state: "failed" });
        },
      );
    }, patienceMilliseconds);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [wanted, host]);

  const choices = search.state === "found" ? search.people : [];
  const choose = (person: Person | undefined) => {
    if (!person) return;
    people.learn([person]);
    setText("");
    props.onChange(person.accountId);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && text !== "") setText("");
    else if (choices.length === 0) return;
    else if (event.key === "ArrowDown") setActive((active + 1) % choices.length);
    else if (event.key === "ArrowUp") setActive((active + choices.length - 1) % choices.length);
    else if (event.key === "Enter") choose(choices[active]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <Field {...props}>
      {(control) => (
        <div class="picker">
          <input
            {...control}
            class="input"
            type="text"
            role="combobox"
            autocomplete="off"
            aria-autocomplete="list"
            aria-expanded={choices.length > 0}
            aria-controls={listId}
            aria-activedescendant={choices.length > 0 ? `${listId}-${active}` : undefined}
            placeholder="Type a name"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
            onKeyDown={onKeyDown}
          />
          <ul class="picker-list" id={listId} role="listbox" aria-label="People found" hidden={choices.length === 0}>
            {choices.map((person, index) => (
              <li
                key={person.accountId}
                id={`${listId}-${index}`}
                class="picker-option"
                role="option"
                aria-selected={index === active}
                onMouseEnter={() => setActive(index)}
                // Before the input loses the focus.
                onMouseDown={(event) => {
                  event.preventDefault();
                  choose(person);
                }}
              >
                <Avatar account={person.accountId} person={{ name: person.displayName, state: "known" }} />
                {person.displayName}
              </li>
            ))}
          </ul>
          {wanted !== "" && search.state === "asking" && <p class="field-hint">Asking Jira…</p>}
          {search.state === "failed" && <p class="field-error">Jira did not answer. Type on to try again.</p>}
          {search.state === "found" && choices.length === 0 && (
            <p class="field-hint">Jira knows nobody of that name whom you could choose here.</p>
          )}
        </div>
      )}
    </Field>
  );
}
