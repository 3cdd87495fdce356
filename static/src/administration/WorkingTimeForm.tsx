import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { useForm, type FieldErrors } from "../ui/forms";
import { Message } from "../ui/Message";
import { useServices } from "../ui/services";
import type { SectionProps } from "./Administration";

type Name = "hoursPerDay" | "daysPerWeek";

const fieldOf: Record<string, Name> = { hoursPerDay: "hoursPerDay", daysPerWeek: "daysPerWeek" };

export function WorkingTimeForm({ settings, onChanged }: SectionProps): JSX.Element {
  const { api, announce } = useServices();
  const form = useForm(fieldOf);
  const [hours, setHours] = useState(String(settings.hoursPerDay));
  const [days, setDays] = useState(String(settings.daysPerWeek));
  const [saved, setSaved] = useState(false);

  const save = () => {
    setSaved(false);
    const [hoursPerDay, daysPerWeek] = [number(hours), number(days)];
    const wrong: FieldErrors<Name> = {};
    if (!(hoursPerDay > 0 && hoursPerDay <= 24)) wrong.hoursPerDay = "Give a number of hours, 24 at most.";
    if (!(daysPerWeek > 0 && daysPerWeek <= 7)) wrong.daysPerWeek = "Give a number of days, 7 at most.";
    return form.submit(wrong, async () => {
      onChanged(await api.changeSettings({ hoursPerDay, daysPerWeek }));
      setSaved(true);
      announce("Working time saved.");
    });
  };

  const change = (field: Name, set: (value: string) => void) => (value: string) => {
    set(value);
    setSaved(false);
    form.clear(field);
  };

  return (
    <section class="card section" aria-labelledby="working-time">
      <h2 id="working-time">Working time</h2>
      <p class="subtle">
        What “1d” and “1w” mean when somebody logs secured time. Use the values of Jira’s own time tracking, or the two
        will not add up.
      </p>
      {form.banner && <Message kind="error" title={form.banner} urgent />}
      <form
        ref={form.ref}
        noValidate
        aria-label="Working time"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div class="form-grid">
          <TextField
            label="Hours per day"
            name="hoursPerDay"
            value={hours}
            disabled={!settings.canAdminister}
            error={form.errors.hoursPerDay}
            onInput={change("hoursPerDay", setHours)}
          />
          <TextField
            label="Days per week"
            name="daysPerWeek"
            value={days}
            disabled={!settings.canAdminister}
            error={form.errors.daysPerWeek}
            onInput={change("daysPerWeek", setDays)}
          />
        </div>
        {settings.canAdminister && (
          <div class="form-actions">
            <Button type="submit" busy={form.busy}>
              Save working time
            </Button>
            {saved && <span class="saved">Saved</span>}
          </div>
        )}
      </form>
    </section>
  );
}

function number(text: string): number {
  const typed = text.trim().replace(",", ".");
  return typed === "" ? NaN : Number(typed);
}
