import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Worklog } from "../../../static/src/model";
import { Panel } from "../../../static/src/panel/Panel";
import {
  aPage,
  aPublicWorklog,
  aWorklog,
  incidents,
  lead,
  member,
  press,
  problem,
  settings,
  show,
  TestHost,
  TestServer,
  type,
} from "../support";

const jiraIsWell = { status: "ok", detail: null, timeSpentSeconds: 2700, originalEstimateSeconds: 28_800 } as const;
const jiraIsDown = {
  status: "unavailable",
  detail: "no answer",
  timeSpentSeconds: null,
  originalEstimateSeconds: null,
} as const;

let server: TestServer;
let host: TestHost;
let secured: Worklog[];

beforeEach(() => {
  localStorage.clear();
  host = new TestHost();
  secured = [aWorklog()];
  server = new TestServer()
    .on("GET settings", { body: settings })
    .on("GET teams", { body: { teams: [incidents], next: null } })
    .on("GET issues/10001/worklogs", ({ query }) => ({
      body:
        query.get("visibility") === "secured"
          ? aPage(secured)
          : aPage([aPublicWorklog()], { jira: { ...jiraIsWell } }),
    }));
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function openPanel(): Promise<void> {
  show(<Panel issueId="10001" issueKey="SEC-1" />, host);
  await screen.findByRole("button", { name: "Log secured time" });
  await waitFor(() => expect(screen.queryByRole("status", { name: /Loading/ })).toBeNull());
}

function rows(): HTMLElement[] {
  return within(screen.getByRole("list", { name: "Work logs" })).getAllByRole("listitem");
}

function row(text: string): HTMLElement {
  const found = rows().find((each) => each.textContent.includes(text));
  if (!found) throw new Error(`no row with ${text} among ${rows().map((each) => each.textContent).join(" | ")}`);
  return found;
}

async function openNewForm(): Promise<HTMLElement> {
  fireEvent.click(screen.getByRole("button", { name: "Log secured time" }));
  return screen.findByRole("form", { name: "Log secured time" });
}

function field(name: string): HTMLInputElement {
  return screen.getByLabelText(new RegExp(`^${name}( \\*)?$`)) as HTMLInputElement;
}

describe("the list", () => {
  it("shows both worlds, and plainly which is which", async () => {
    await openPanel();
    await waitFor(() => expect(rows()).toHaveLength(2));
    expect(row("Read the logs").textContent).toContain("Secured, team Incident response");
    expect(row("Read the logs").dataset["visibility"]).toBe("secured");
    expect(row("Reviewed the timeline").textContent).toContain("Public, stored in Jira");
    expect(row("Reviewed the timeline").dataset["visibility"]).toBe("public");
  });

  it("names the authors as Jira does", async () => {
    await openPanel();
    await waitFor(() => expect(row("Read the logs").textContent).toContain("Tomás Herrera"));
  });

  it("shows text as text, whatever it looks like", async () => {
    secured = [aWorklog({ description: "<img src=x onerror=alert(1)>" })];
    await openPanel();
    expect(await screen.findByText("<img src=x onerror=alert(1)>")).toBeTruthy();
    expect(document.querySelector("img")).toBeNull();
  });

  it("sums up what is secured, what Jira knows and what was estimated", async () => {
    await openPanel();
    const summary = within(screen.getByRole("region", { name: "Time on this issue" }));
    await waitFor(() => expect(summary.getByRole("img").getAttribute("aria-label")).toContain("2h 15m of the estimated 1d"));
    expect(summary.getAllByRole("definition").map((each) => each.textContent)).toEqual(["1h 30m", "45m", "1d"]);
  });

  it("can show one world only", async () => {
    await openPanel();
    await waitFor(() => expect(rows()).toHaveLength(2));
    fireEvent.click(screen.getByRole("button", { name: "Secured", pressed: false }));
    expect(rows()).toHaveLength(1);
    fireEvent.click(screen.getByRole("button", { name: "Jira", pressed: false }));
    expect(rows().map((each) => each.dataset["visibility"])).toEqual(["public"]);
  });

  it("loads more where there is more", async () => {
    server.on("GET issues/10001/worklogs", ({ query }) => {
      if (query.get("visibility") === "public") return { body: aPage([], { jira: { ...jiraIsWell } }) };
      return query.get("cursor")
        ? { body: aPage([aWorklog({ id: "older", description: "Older" })]) }
        : { body: aPage([aWorklog()], { next: "page-2" }) };
    });
    await openPanel();
    fireEvent.click(await screen.findByRole("button", { name: "Load more" }));
    await waitFor(() => expect(row("Older")).toBeTruthy());
    expect(screen.queryByRole("button", { name: "Load more" })).toBeNull();
  });

  it("says when there is nothing", async () => {
    secured = [];
    server.on("GET issues/10001/worklogs", { body: aPage([], { jira: { ...jiraIsWell } }) });
    await openPanel();
    expect(await screen.findByText("No work logs yet")).toBeTruthy();
  });

  it("offers no change where there is no permission", async () => {
    secured = [aWorklog({ permissions: { change: false, delete: false } })];
    await openPanel();
    await waitFor(() => expect(rows()).toHaveLength(2));
    expect(screen.queryByRole("button", { name: /^Edit|^Delete/ })).toBeNull();
  });

  it("explains why one cannot log time", async () => {
    server.on("GET teams", { body: { teams: [], next: null } });
    show(<Panel issueId="10001" issueKey="SEC-1" />, host);
    expect(await screen.findByText(/You are in no secured team/)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Log secured time" })).toBeNull();
  });
});

describe("when something does not answer", () => {
  it("shows the secured part without Jira, and says that Jira did not answer", async () => {
    let isDown = true;
    server.on("GET issues/10001/worklogs", ({ query }) => {
      if (query.get("visibility") === "secured") return { body: aPage(secured) };
      return { body: isDown ? aPage([], { jira: jiraIsDown }) : aPage([aPublicWorklog()], { jira: { ...jiraIsWell } }) };
    });
    await openPanel();
    expect(await screen.findByText("Jira did not answer")).toBeTruthy();
    expect(row("Read the logs")).toBeTruthy();
    expect(screen.getAllByRole("definition").map((each) => each.textContent)).toEqual([
      "1h 30m",
      "– (Jira did not answer)",
      "– (Jira did not answer)",
    ]);
    isDown = false;
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(row("Reviewed the timeline")).toBeTruthy());
    expect(screen.queryByText("Jira did not answer")).toBeNull();
  });

  it("does not wait for Jira before it shows what is secured", async () => {
    server.on("GET issues/10001/worklogs", ({ query }) =>
      query.get("visibility") === "secured" ? { body: aPage(secured) } : new Promise(() => undefined),
    );
    show(<Panel issueId="10001" issueKey="SEC-1" />, host);
    expect(await screen.findByText("Read the logs")).toBeTruthy();
    expect(screen.getByRole("status", { name: "Loading Jira’s work logs" })).toBeTruthy();
  });

  it("says what Jira refused", async () => {
    const refused = { ...jiraIsDown, status: "refused" as const, detail: "Issue does not exist." };
    server.on("GET issues/10001/worklogs", ({ query }) => ({
      body: query.get("visibility") === "secured" ? aPage(secured) : aPage([], { jira: refused }),
    }));
    await openPanel();
    expect(await screen.findByText("Issue does not exist.")).toBeTruthy();
  });

  it("offers to try again when the app itself fails", async () => {
    let fails = true;
    server.on("GET issues/10001/worklogs", ({ query }) => {
      if (query.get("visibility") === "public") return { body: aPage([aPublicWorklog()], { jira: { ...jiraIsWell } }) };
      return fails ? problem(503, "database_unavailable", "Back in a moment.") : { body: aPage(secured) };
    });
    await openPanel();
    expect(await screen.findByText("Back in a moment.")).toBeTruthy();
    expect(row("Reviewed the timeline")).toBeTruthy();
    fails = false;
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(row("Read the logs")).toBeTruthy());
  });
});

describe("logging time", () => {
  it("sends what was typed and shows it, with the focus on it", async () => {
    const added = aWorklog({ id: "new", timeSpentSeconds: 9000, description: "Wrote the report", version: 1 });
    server.on("POST issues/10001/worklogs", { status: 201, body: added });
    await openPanel();
    await openNewForm();
    type(field("Time spent"), "2h 30m");
    type(field("Date started"), "2026-11-24");
    type(field("Time"), "09:00");
    type(field("Description"), "  Wrote the report ");
    fireEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(document.activeElement).toBe(row("Wrote the report")));
    expect(server.to("POST issues/10001/worklogs")[0]?.body).toEqual({
      teamId: incidents.id,
      started: "2026-11-24T09:00:00+01:00",
      timeSpentSeconds: 9000,
      description: "Wrote the report",
    });
    expect(screen.getAllByRole("definition")[0]?.textContent).toBe("4h");
    expect(screen.getByText("Saved 2h 30m.")).toBeTruthy();
  });

  it("tells how a duration is understood, while it is being typed", async () => {
    await openPanel();
    const form = await openNewForm();
    type(field("Time spent"), "1.5d");
    expect(form.textContent).toContain("= 1d 4h, that is 12h");
    type(field("Time spent"), "soon");
    expect(form.textContent).toContain("“soon” is not a duration");
  });

  it("follows the site's hours per day", async () => {
    server.on("GET settings", { body: { ...settings, hoursPerDay: 6 } });
    await openPanel();
    const form = await openNewForm();
    type(field("Time spent"), "1d");
    await waitFor(() => expect(form.textContent).toContain("= 1d, that is 6h"));
  });

  it("puts what is wrong beside its field, and the focus there", async () => {
    await openPanel();
    await openNewForm();
    type(field("Date started"), "");
    fireEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(document.activeElement).toBe(field("Time spent")));
    expect(field("Time spent").getAttribute("aria-invalid")).toBe("true");
    const described = field("Time spent").getAttribute("aria-describedby") ?? "";
    expect(document.getElementById(described)?.textContent).toContain("Say how long it took");
    expect(field("Date started").getAttribute("aria-invalid")).toBe("true");
    expect(server.to("POST issues/10001/worklogs")).toHaveLength(0);
    type(field("Time spent"), "1h");
    expect(field("Time spent").getAttribute("aria-invalid")).toBeNull();
  });

  it("puts the server's objections beside their fields too, by the names the server uses", async () => {
    const objections = { started: "The period is closed.", timeSpentSeconds: "Too long.", other: "Hm." };
    server.on("POST issues/10001/worklogs", problem(422, "invalid_input", "No.", objections));
    await openPanel();
    const form = await openNewForm();
    type(field("Time spent"), "1h");
    fireEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(within(form).getByText("The period is closed.")).toBeTruthy());
    expect(within(form).getByText("Too long.")).toBeTruthy();
    expect(within(form).getByRole("alert").textContent).toContain("other: Hm.");
    expect(document.activeElement).toBe(field("Time spent"));
    expect(field("Time spent").value).toBe("1h");
  });

  it("does not send twice", async () => {
    server.on("POST issues/10001/worklogs", () => new Promise(() => undefined));
    await openPanel();
    await openNewForm();
    type(field("Time spent"), "1h");
    fireEvent.click(screen.getByRole("button", { name: "Save" }));
    fireEvent.click(screen.getByRole("button", { name: "Save" }));
    press("Enter", { ctrlKey: true });
    await waitFor(() => expect(server.to("POST issues/10001/worklogs")).toHaveLength(1));
  });

  it("loads the list again when no answer came, because it may have been saved all the same", async () => {
    await openPanel();
    await openNewForm();
    type(field("Time spent"), "1h");
    const before = server.to("GET issues/10001/worklogs").length;
    fireEvent.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByText(/It may have been saved all the same/)).toBeTruthy();
    expect(server.to("GET issues/10001/worklogs")).toHaveLength(before + 1);
    expect(field("Time spent").value).toBe("1h");
  });

  it("asks for the team when there are several, and remembers the answer", async () => {
    const second = { ...incidents, id: "team-2", name: "Forensics" };
    server
      .on("GET teams", { body: { teams: [incidents, second], next: null } })
      .on("POST issues/10001/worklogs", { status: 201, body: aWorklog({ id: "new", team: { id: "team-2", name: "Forensics" } }) });
    await openPanel();
    await openNewForm();
    expect(document.activeElement).toBe(field("Team"));
    type(field("Time spent"), "1h");
    fireEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(field("Team").getAttribute("aria-invalid")).toBe("true"));
    fireEvent.change(field("Team"), { target: { value: "team-2" } });
    fireEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(rows()).toHaveLength(3));
    await openNewForm();
    expect(field("Team").value).toBe("team-2");
  });

  it("can be for another member, by those who may", async () => {
    const mayForOthers = { ...incidents, permissions: ["log_own", "log_for_others"] };
    const people = [member, lead].map(({ accountId }, index) => ({
      id: `m${index}`,
      accountId,
      role: { id: "r", name: "R" },
      joinedOn: "2026-01-01",
      leftOn: null,
      active: true,
      version: 1,
    }));
    server
      .on("GET teams", { body: { teams: [mayForOthers], next: null } })
      .on("GET teams/team-incidents/members", { body: { members: people, next: null } })
      .on("POST issues/10001/worklogs", { status: 201, body: aWorklog({ id: "new" }) });
    await openPanel();
    await openNewForm();
    const person = (await screen.findByLabelText("Person")) as HTMLSelectElement;
    await waitFor(() => expect([...person.options].map(({ text }) => text)).toEqual(["Me", "Amara Okafor"]));
    fireEvent.change(person, { target: { value: lead.accountId } });
    type(field("Time spent"), "1h");
    fireEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() =>
      expect(server.to("POST issues/10001/worklogs")[0]?.body).toMatchObject({ authorAccountId: lead.accountId }),
    );
  });
});

describe("editing", () => {
  async function edit(): Promise<void> {
    await openPanel();
    await waitFor(() => expect(rows()).toHaveLength(2));
    fireEvent.click(screen.getByRole("button", { name: /^Edit work log of/ }));
    await screen.findByRole("form", { name: "Edit work log" });
  }

  it("sends only what was changed, with the version it is based on", async () => {
    server.on("PATCH worklogs/0197-secured", { body: aWorklog({ description: "Read more", version: 4 }) });
    await edit();
    expect(field("Time spent").value).toBe("1h 30m");
    type(field("Description"), "Read more");
    fireEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(row("Read more")).toBeTruthy());
    const [sent] = server.to("PATCH worklogs/0197-secured");
    expect(sent?.body).toEqual({ description: "Read more" });
    expect(sent?.headers.get("If-Match")).toBe('"3"');
  });

  it("sends nothing when nothing was changed", async () => {
    await edit();
    fireEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(screen.queryByRole("form")).toBeNull());
    expect(server.to("PATCH worklogs/0197-secured")).toHaveLength(0);
  });

  it("keeps text from being lost to Escape", async () => {
    await edit();
    field("Description").focus();
    type(field("Description"), "half a thought");
    press("Escape");
    expect(screen.getByText("Discard what you typed?")).toBeTruthy();
    expect(document.activeElement?.textContent).toBe("Keep editing");
    fireEvent.click(screen.getByRole("button", { name: "Keep editing" }));
    expect(field("Description").value).toBe("half a thought");
    expect(document.activeElement).toBe(field("Description"));
    press("Escape");
    fireEvent.click(screen.getByRole("button", { name: "Discard" }));
    await waitFor(() => expect(document.activeElement).toBe(row("Read the logs")));
  });

  describe("what somebody else changed meanwhile", () => {
    const theirs = aWorklog({ timeSpentSeconds: 7200, description: "Their words", version: 4 });

    beforeEach(() => {
      server
        .on("GET worklogs/0197-secured", { body: theirs })
        .on("PATCH worklogs/0197-secured", ({ headers, body }) =>
          headers.get("If-Match") === '"4"'
            ? { body: { ...theirs, ...(body as object), version: 5 } }
            : problem(409, "stale_version", "Somebody changed this."),
        );
    });

    async function collide(): Promise<HTMLElement> {
      await edit();
      type(field("Time spent"), "3h");
      fireEvent.click(screen.getByRole("button", { name: "Save" }));
      return screen.findByRole("alert");
    }

    it("is shown beside one's own changes", async () => {
      const alert = await collide();
      expect(within(alert).getByRole("row", { name: "Time spent 2h 3h" })).toBeTruthy();
      expect(alert.textContent).not.toContain("Their words");
    });

    it("stays, but for what one changed oneself", async () => {
      await collide();
      fireEvent.click(screen.getByRole("button", { name: "Save my changes" }));
      await waitFor(() => expect(row("Their words").textContent).toContain("3h"));
      expect(server.to("PATCH worklogs/0197-secured").map(({ body }) => body)).toEqual([
        { timeSpentSeconds: 10_800 },
        { timeSpentSeconds: 10_800 },
      ]);
    });

    it("can be taken over, and be edited from there", async () => {
      await collide();
      fireEvent.click(screen.getByRole("button", { name: "Load theirs" }));
      await waitFor(() => expect(field("Time spent").value).toBe("2h"));
      expect(field("Description").value).toBe("Their words");
      expect(document.activeElement).toBe(field("Time spent"));
    });

    it("may be a deletion; then the text can be logged anew", async () => {
      server.on("GET worklogs/0197-secured", problem(404, "not_found", "Nothing here."));
      await collide().catch(() => undefined);
      expect(await screen.findByText("This work log was deleted while you were editing it")).toBeTruthy();
      fireEvent.click(screen.getByRole("button", { name: "Log it anew" }));
      expect((await screen.findByRole("form", { name: "Log secured time" })).textContent).toContain("3h");
    });
  });
});

describe("deleting", () => {
  async function ask(): Promise<HTMLElement> {
    await openPanel();
    await waitFor(() => expect(rows()).toHaveLength(2));
    fireEvent.click(screen.getByRole("button", { name: /^Delete work log of/ }));
    return screen.findByRole("alertdialog");
  }

  it("asks first, with the focus on the way back", async () => {
    const question = await ask();
    await waitFor(() => expect(question.getAttribute("aria-label")).toBe("Delete 1h 30m of Tomás Herrera?"));
    expect(document.activeElement?.textContent).toBe("Keep");
    press("Escape");
    await waitFor(() => expect(document.activeElement).toBe(row("Read the logs")));
    expect(server.to("DELETE worklogs/0197-secured")).toHaveLength(0);
  });

  it("removes it, and offers to log it again", async () => {
    server.on("DELETE worklogs/0197-secured", { status: 204 });
    await ask();
    fireEvent.click(screen.getByRole("button", { name: "Delete" }));
    await waitFor(() => expect(rows()).toHaveLength(1));
    expect(server.to("DELETE worklogs/0197-secured")[0]?.headers.get("If-Match")).toBe('"3"');
    await waitFor(() => expect(document.activeElement).toBe(row("Reviewed the timeline")));
    expect(screen.getAllByRole("definition")[0]?.textContent).toBe("0m");
    fireEvent.click(screen.getByRole("button", { name: "Log it again" }));
    await screen.findByRole("form", { name: "Log secured time" });
    expect(field("Time spent").value).toBe("1h 30m");
    expect(field("Description").value).toBe("Read the logs");
  });

  it("never offers to log somebody else's time again as one's own", async () => {
    secured = [aWorklog({ author: { accountId: lead.accountId } })];
    server.on("DELETE worklogs/0197-secured", { status: 204 });
    await ask();
    fireEvent.click(screen.getByRole("button", { name: "Delete" }));
    expect(await screen.findByText("Deleted 1h 30m")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Log it again" })).toBeNull();
  });

  it("keeps the other person's name, where one may log for others", async () => {
    secured = [aWorklog({ author: { accountId: lead.accountId } })];
    const active = { role: { id: "r", name: "R" }, joinedOn: "2026-01-01", leftOn: null, active: true, version: 1 };
    server
      .on("GET teams", { body: { teams: [{ ...incidents, permissions: ["log_own", "log_for_others"] }], next: null } })
      .on("GET teams/team-incidents/members", {
        body: { members: [{ ...active, id: "m", accountId: lead.accountId }], next: null },
      })
      .on("DELETE worklogs/0197-secured", { status: 204 });
    await ask();
    fireEvent.click(screen.getByRole("button", { name: "Delete" }));
    fireEvent.click(await screen.findByRole("button", { name: "Log it again" }));
    await waitFor(() => expect((screen.getByLabelText("Person") as HTMLSelectElement).value).toBe(lead.accountId));
  });

  it("takes a work log that is gone already for deleted", async () => {
    server.on("DELETE worklogs/0197-secured", problem(404, "not_found", "Nothing here."));
    await ask();
    fireEvent.click(screen.getByRole("button", { name: "Delete" }));
    await waitFor(() => expect(rows()).toHaveLength(1));
  });

  it("asks again when it was changed meanwhile, and shows how it is now", async () => {
    server
      .on("GET worklogs/0197-secured", { body: aWorklog({ timeSpentSeconds: 7200, version: 4 }) })
      .on("DELETE worklogs/0197-secured", ({ headers }) =>
        headers.get("If-Match") === '"4"' ? { status: 204 } : problem(409, "stale_version", "Changed."),
      );
    await ask();
    fireEvent.click(screen.getByRole("button", { name: "Delete" }));
    expect(await screen.findByText(/Somebody changed this work log meanwhile/)).toBeTruthy();
    expect(screen.getByRole("alertdialog").getAttribute("aria-label")).toContain("Delete 2h of");
    fireEvent.click(screen.getByRole("button", { name: "Delete" }));
    await waitFor(() => expect(rows()).toHaveLength(1));
  });
});

describe("the keyboard", () => {
  it("walks the rows, edits and deletes", async () => {
    await openPanel();
    await waitFor(() => expect(rows()).toHaveLength(2));
    press("j");
    expect(document.activeElement).toBe(row("Read the logs"));
    press("j");
    expect(document.activeElement).toBe(row("Reviewed the timeline"));
    press("ArrowUp");
    expect(document.activeElement).toBe(row("Read the logs"));
    press("End");
    press("k");
    press("Enter");
    expect(await screen.findByRole("form", { name: "Edit work log" })).toBeTruthy();
    press("Escape");
    await waitFor(() => expect(document.activeElement).toBe(row("Read the logs")));
    press("Delete");
    expect(await screen.findByRole("alertdialog")).toBeTruthy();
  });

  it("reaches one row by Tab, and the others by the arrows", async () => {
    await openPanel();
    await waitFor(() => expect(rows().map(({ tabIndex }) => tabIndex)).toEqual([0, -1]));
    press("j");
    press("j");
    await waitFor(() => expect(rows().map(({ tabIndex }) => tabIndex)).toEqual([-1, 0]));
  });

  it("opens the form with n, but not from within text", async () => {
    await openPanel();
    press("n");
    await screen.findByRole("form", { name: "Log secured time" });
    expect(document.activeElement).toBe(field("Time spent"));
    press("?");
    expect(screen.queryByRole("heading", { name: "Keyboard shortcuts" })).toBeNull();
  });

  it("saves with Ctrl and Enter", async () => {
    server.on("POST issues/10001/worklogs", { status: 201, body: aWorklog({ id: "new", description: "By keys" }) });
    await openPanel();
    press("n");
    await screen.findByRole("form");
    type(field("Time spent"), "1h");
    press("Enter", { ctrlKey: true });
    await waitFor(() => expect(document.activeElement).toBe(row("By keys")));
  });

  it("shows its help with ?, and can be told to leave letters alone", async () => {
    await openPanel();
    press("?");
    expect(document.activeElement).toBe(await screen.findByRole("heading", { name: "Keyboard shortcuts" }));
    fireEvent.click(screen.getByLabelText("Single letters act as shortcuts"));
    press("Escape");
    expect(screen.queryByRole("heading", { name: "Keyboard shortcuts" })).toBeNull();
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Keyboard shortcuts");
    press("n");
    expect(screen.queryByRole("form")).toBeNull();
  });

  it("leaves the browser's own shortcuts alone", async () => {
    await openPanel();
    press("n", { ctrlKey: true });
    expect(screen.queryByRole("form")).toBeNull();
  });

  it("opens nothing over a form with text in it", async () => {
    await openPanel();
    await waitFor(() => expect(rows()).toHaveLength(2));
    await openNewForm();
    type(field("Description"), "half a thought");
    fireEvent.click(screen.getByRole("button", { name: /^Edit work log of/ }));
    expect(screen.queryByRole("form", { name: "Edit work log" })).toBeNull();
    expect(field("Description").value).toBe("half a thought");
    expect(screen.getByText("Save or cancel the open form first.")).toBeTruthy();
  });
});

it("fits its frame when its content changes", async () => {
  await openPanel();
  const before = host.fitted;
  await openNewForm();
  await waitFor(() => expect(host.fitted).toBeGreaterThan(before));
});
