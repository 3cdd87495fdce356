/** What every form does: check, send once, put refusals beside the fields they are about, and lead the focus there. */

import { useEffect, useRef, useState } from "preact/hooks";
import { asProblem, type ApiProblem } from "../api";
import { focusFirstInvalid } from "./Field";
import { useServices } from "./services";

export type FieldErrors<Name extends string> = { [Field in Name]?: string | undefined };

/** Splits a problem into what belongs beside a field of this form, and what has to stand above it (null: nothing).
 * `fieldOf` leads from the API's name of a field to the form's. */
export function placeProblem<Name extends string>(
  problem: ApiProblem,
  fieldOf: Record<string, Name>,
): { fields: FieldErrors<Name>; banner: string | null } {
  const fields: FieldErrors<Name> = {};
  const elsewhere: string[] = [];
  for (const { field, message } of problem.fields) {
    const name = fieldOf[field];
    if (!name) elsewhere.push(`${field}: ${message}`);
    else fields[name] = fields[name] ? `${fields[name]} ${message}` : message;
  }
  const placed = Object.keys(fields).length > 0;
  const banner = elsewhere.length > 0 ? elsewhere.join(" ") : placed ? null : problem.message;
  return { fields, banner };
}

export interface Form<Name extends string> {
  /** Goes on the form element. */
  ref: { current: HTMLFormElement | null };
  errors: FieldErrors<Name>;
  /** What is wrong with the form as a whole. */
  banner: string | null;
  problem: ApiProblem | null;
  busy: boolean;
  /** The person is putting this right. */
  clear: (field: Name) => void;
  clearAll: () => void;
  /** Sends when nothing is wrong and nothing is being sent. `explain` may take over a refusal by answering true. */
  submit: (
    wrong: FieldErrors<Name>,
    send: () => Promise<void>,
    explain?: (problem: ApiProblem) => boolean | Promise<boolean>,
  ) => Promise<void>;
}

export function useForm<Name extends string>(fieldOf: Record<string, Name>): Form<Name> {
  const { announce } = useServices();
  const ref = useRef<HTMLFormElement>(null);
  const sending = useRef(false);
  const [errors, setErrors] = useState<FieldErrors<Name>>({});
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [banner, setBanner] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [refusals, setRefusals] = useState(0);

  // After the refusal has been drawn.
  useEffect(() => {
    if (refusals > 0 && ref.current) focusFirstInvalid(ref.current);
  }, [refusals]);

  const refuse = (fields: FieldErrors<Name>) => {
    setErrors(fields);
    setRefusals((count) => count + 1);
    announce(Object.values(fields).filter(Boolean).join(" "));
  };

  const submit: Form<Name>["submit"] = async (wrong, send, explain) => {
    if (sending.current) return;
    setProblem(null);
    setBanner(null);
    if (Object.keys(wrong).length > 0) return refuse(wrong);
    sending.current = true;
    setBusy(true);
    try {
      await send();
    } catch (thrown) {
      const refusal = asProblem(thrown);
      if (await explain?.(refusal)) return;
      const placed = placeProblem(refusal, fieldOf);
      setProblem(refusal);
      setBanner(placed.banner);
      if (Object.keys(placed.fields).length > 0) refuse(placed.fields);
    } finally {
      sending.current = false;
      setBusy(false);
    }
  };

  return {
    ref,
    errors,
    banner,
    problem,
    busy,
    clear: (field) => setErrors((now) => ({ ...now, [field]: undefined })),
    clearAll: () => setErrors({}),
    submit,
  };
}
