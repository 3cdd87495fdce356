/** Labelled form controls whose hint and error are tied to them, for eyes and for screen readers. */

import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import { Icon } from "./Icon";

interface FieldProps {
  label: string;
  /** Found by `focusFirstInvalid` and by tests. */
  name: string;
  error?: string | undefined;
  hint?: ComponentChildren;
  required?: boolean;
  class?: string;
}

interface Described {
  id: string;
  name: string;
  "aria-invalid": true | undefined;
  "aria-describedby": string | undefined;
  "aria-required": true | undefined;
}

export function Field(props: FieldProps & { children: (control: Described) => JSX.Element }): JSX.Element {
  const id = useId();
  const described = [props.error && `${id}-error`, props.hint && `${id}-hint`].filter(Boolean).join(" ");
  return (
    <div class={`field ${props.class ?? ""}`}>
      <label class="field-label" for={id}>
        {props.label}
        {props.required && (
          <span class="field-required" aria-hidden="true">
            {" "}
            *
          </span>
        )}
      </label>
      {props.children({
        id,
        name: props.name,
        "aria-invalid": props.error ? true : undefined,
        "aria-describedby": described || undefined,
        "aria-required": props.required || undefined,
      })}
      {props.hint && (
        <div class="field-hint" id={`${id}-hint`}>
          {props.hint}
        </div>
      )}
      <FieldError id={`${id}-error`} error={props.error} />
    </div>
  );
}

export function FieldError({ id, error }: { id: string; error: string | undefined }): JSX.Element | null {
  if (!error) return null;
  return (
    <p class="field-error" id={id}>
      <Icon name="error" size={14} />
      <span>{error}</span>
    </p>
  );
}

type InputProps = FieldProps & {
  value: string;
  onInput: (value: string) => void;
  type?: "text" | "date" | "time" | "number";
  placeholder?: string;
  autoFocus?: boolean;
  min?: string;
  max?: string;
  maxLength?: number;
  disabled?: boolean;
};

export function TextField(props: InputProps): JSX.Element {
  return (
    <Field {...props}>
      {(control) => (
        <input
          {...control}
          class="input"
          // The typings have one kind of input for each type; which one this is, only the caller knows.
          type={(props.type ?? "text") as "text"}
          value={props.value}
          placeholder={props.placeholder}
          autocomplete="off"
          min={props.min}
          max={props.max}
          maxLength={props.maxLength}
          disabled={props.disabled}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export function TextArea(props: InputProps & { rows?: number }): JSX.Element {
  return (
    <Field {...props}>
      {(control) => (
        <textarea
          {...control}
          class="input textarea"
          rows={props.rows ?? 3}
          value={props.value}
          placeholder={props.placeholder}
          maxLength={props.maxLength}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export interface Choice {
  value: string;
  label: string;
}

type SelectProps = FieldProps & {
  value: string;
  onChange: (value: string) => void;
  choices: Choice[];
  disabled?: boolean;
};

export function SelectField(props: SelectProps): JSX.Element {
  return (
    <Field {...props}>
      {(control) => (
        <select
          {...control}
          class="input select"
          disabled={props.disabled}
          onChange={(event) => props.onChange(event.currentTarget.value)}
        >
          {props.choices.map((choice) => (
            <option key={choice.value} value={choice.value} selected={choice.value === props.value}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

type CheckboxProps = {
  label: string;
  hint?: ComponentChildren;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
  name?: string;
};

export function Checkbox(props: CheckboxProps): JSX.Element {
  const id = useId();
  return (
    <div class="checkbox">
      <input
        id={id}
        name={props.name}
        type="checkbox"
        checked={props.checked}
        disabled={props.disabled}
        aria-describedby={props.hint ? `${id}-hint` : undefined}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <label for={id}>{props.label}</label>
      {props.hint && (
        <div class="field-hint" id={`${id}-hint`}>
          {props.hint}
        </div>
      )}
    </div>
  );
}

/** Where a keyboard or screen reader user has to go next: the first control that was refused. */
export function focusFirstInvalid(form: HTMLElement): boolean {
  const control = form.querySelector<HTMLElement>('[aria-invalid="true"]');
  control?.focus();
  return control !== null;
}
