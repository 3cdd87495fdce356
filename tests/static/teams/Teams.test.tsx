import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Member, Role, Team } from "../../../static/src/model";
import { Teams } from "../../../static/src/teams/Teams";
import { incidents, lead, member, outsider, press, problem, settings, show, TestHost, TestServer, type } from "../support";

const leadRole: Role = { id: "role-lead", name: "Team lead", permissions: ["log_own", "manage_team"], isDefault: true };
const memberRole: Role = { id: "role-member", name: "Team member", permissions: ["log_own"], isDefault: true };
const led: Team = { ...incidents, role: { id: leadRole.id, name: leadRole.name }, permissions: leadRole.permissions };
const publicTeam: Team = { ...incidents, id: "team-public", name: "Operations", visibility: "public", description: "" };

function membership(given: Partial<Member>): Member {
  return {
    id: "m1",
    accountId: member.accountId,
    role: { id: memberRole.id, name: memberRole.name },
    joinedOn: "2026-02-01",
    leftOn: null,
    active: true,
    version: 2,
    ...given,
  };
}

let server: TestServer;

beforeEach(() => {
  server = new TestServer()
    .on("GET settings", { body: { ...settings, canCreateTeams: true } })
    .on("GET teams", { body: { teams: [led, publicTeam], next: null } })
    .on("GET teams/team-incidents", { body: { ...led, roles: [leadRole, memberRole] } })
    .on("GET teams/team-incidents/members", { body: { members: [membership({})], next: null } });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function openTeams(): Promise<void> {
  show(<Teams />, new TestHost(lead));
  await screen.findByRole("button", { name: "Incident response" });
}

async function openTeam(): Promise<void> {
  await openTeams();
  fireEvent.click(screen.getByRole("button", { name: "Incident response" }));
  await screen.findByRole("heading", { name: "Incident response" });
  await screen.findByText("Tomás Herrera");
}

describe("the list of teams", () => {
  it("says where each team's work logs live", async () => {
    await openTeams();
    const row = screen.getByRole("row", { name: /Operations/ });
    expect(within(row).getByText("Public")).toBeTruthy();
    expect(within(screen.getByRole("row", { name: /Incident response/ })).getByText("Secured")).toBeTruthy();
  });

  it("is filtered by text and by visibility", async () => {
    await openTeams();
    type(screen.getByLabelText("Filter teams"), "investig");
    expect(screen.queryByRole("button", { name: "Operations" })).toBeNull();
    type(screen.getByLabelText("Filter teams"), "");
    fireEvent.change(screen.getByLabelText("Visibility"), { target: { value: "public" } });
    expect(screen.queryByRole("button", { name: "Incident response" })).toBeNull();
    expect(screen.getByRole("button", { name: "Operations" })).toBeTruthy();
  });

  it("says who can create teams to those who cannot", async () => {
    server.on("GET settings", { body: settings });
    await openTeams();
    expect(await screen.findByText(/New teams are created by/)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Create team" })).toBeNull();
  });
});

describe("a new team", () => {
  async function openForm(): Promise<void> {
    await openTeams();
    fireEvent.click(await screen.findByRole("button", { name: "Create team" }));
    await screen.findByText("Amara Okafor");
  }

  it("is told that its visibility is for ever before it is chosen, and has none chosen for it", async () => {
    await openForm();
    expect(screen.getByText("This choice is for ever")).toBeTruthy();
    expect(screen.getAllByRole<HTMLInputElement>("radio").some(({ checked }) => checked)).toBe(false);
    type(screen.getByLabelText(/^Name/), "Forensics");
    fireEvent.click(screen.getByRole("button", { name: "Create team" }));
    expect(await screen.findByText(/It cannot be changed later\.$/, { selector: ".field-error span" })).toBeTruthy();
    expect(server.to("POST teams")).toHaveLength(0);
  });

  it("is created with what was typed, led by whoever makes it", async () => {
    server
      .on("POST teams", { status: 201, body: { ...led, id: "team-new", name: "Forensics" } })
      .on("GET teams/team-new", { body: { ...led, id: "team-new", name: "Forensics", roles: [] } })
      .on("GET teams/team-new/members", { body: { members: [] } });
    await openForm();
    type(screen.getByLabelText(/^Name/), " Forensics ");
    fireEvent.click(screen.getByLabelText("Secured"));
    fireEvent.click(screen.getByRole("button", { name: "Create team" }));
    expect(await screen.findByRole("heading", { name: "Forensics" })).toBeTruthy();
    expect(server.to("POST teams")[0]?.body).toEqual({
      name: "Forensics",
      description: "",
      visibility: "secured",
      leadAccountId: lead.accountId,
    });
  });

  it("can be led by somebody else, found by name", async () => {
    await openForm();
    fireEvent.click(screen.getByRole("button", { name: /Choose somebody else/ }));
    const picker = screen.getByRole("combobox");
    type(picker, "priya");
    expect(await screen.findByRole("option", { name: /Priya/ })).toBeTruthy();
    fireEvent.keyDown(picker, { key: "Enter" });
    expect(await screen.findByText("Priya Raghunathan")).toBeTruthy();
  });

  it("cannot be secured while the option is off, and learns who can switch it on", async () => {
    server.on("GET settings", { body: { ...settings, canCreateTeams: true, securedTeams: false } });
    await openForm();
    expect((screen.getByLabelText("Secured") as HTMLInputElement).disabled).toBe(true);
    expect(screen.getByText(/A Jira administrator can switch them on/)).toBeTruthy();
  });

  it("hears the server's objection where it belongs", async () => {
    server.on("POST teams", problem(422, "invalid_input", "No.", { name: "This name is taken." }));
    await openForm();
    type(screen.getByLabelText(/^Name/), "Forensics");
    fireEvent.click(screen.getByLabelText("Public"));
    fireEvent.click(screen.getByRole("button", { name: "Create team" }));
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText(/^Name/)));
    expect(screen.getByText("This name is taken.", { selector: ".field-error span" })).toBeTruthy();
  });
});

describe("the members of a team", () => {
  it("are added with a role and dates", async () => {
    server.on("POST teams/team-incidents/members", { status: 201, body: membership({ id: "m2", accountId: outsider.accountId }) });
    await openTeam();
    fireEvent.click(screen.getByRole("button", { name: "Add member" }));
    const form = await screen.findByRole("form", { name: "Add member" });
    type(within(form).getByRole("combobox", { name: /Person/ }), "priya");
    await within(form).findByRole("option", { name: /Priya/ });
    press("Enter");
    type(within(form).getByLabelText(/First day/), "2026-12-01");
    fireEvent.click(within(form).getByRole("button", { name: "Add" }));
    await waitFor(() => expect(screen.queryByRole("form")).toBeNull());
    expect(server.to("POST teams/team-incidents/members")[0]?.body).toEqual({
      accountId: outsider.accountId,
      roleId: memberRole.id,
      joinedOn: "2026-12-01",
      leftOn: null,
    });
  });

  it("change by what was changed, based on the version that was seen", async () => {
    server.on("PATCH teams/team-incidents/members/m1", { body: membership({ version: 3 }) });
    await openTeam();
    fireEvent.click(screen.getByRole("button", { name: /^Change role and dates of Tomás/ }));
    const form = await screen.findByRole("form", { name: "Change member" });
    type(within(form).getByLabelText(/Last day/), "2026-12-31");
    fireEvent.click(within(form).getByRole("button", { name: "Save" }));
    await waitFor(() => expect(screen.queryByRole("form")).toBeNull());
    const [sent] = server.to("PATCH teams/team-incidents/members/m1");
    expect(sent?.body).toEqual({ leftOn: "2026-12-31" });
    expect(sent?.headers.get("If-Match")).toBe('"2"');
  });

  it("cannot leave before they joined", async () => {
    await openTeam();
    fireEvent.click(screen.getByRole("button", { name: /^Change role and dates/ }));
    const form = await screen.findByRole("form");
    type(within(form).getByLabelText(/Last day/), "2026-01-31");
    fireEvent.click(within(form).getByRole("button", { name: "Save" }));
    expect(await within(form).findByText("The last day lies before the first.")).toBeTruthy();
  });

  it("are asked about before they are let go, and the last lead is kept", async () => {
    server.on("DELETE teams/team-incidents/members/m1", problem(409, "last_lead", "A team always keeps one active lead."));
    await openTeam();
    fireEvent.click(screen.getByRole("button", { name: /^End the membership/ }));
    const question = await screen.findByRole("alertdialog");
    expect(document.activeElement?.textContent).toBe("Keep");
    fireEvent.click(within(question).getByRole("button", { name: "End membership" }));
    expect(await within(question).findByText("A team always keeps one active lead.")).toBeTruthy();
  });

  it("can be seen, not changed, by those who do not manage the team", async () => {
    server.on("GET teams/team-incidents", { body: { ...incidents, roles: [leadRole, memberRole] } });
    await openTeam();
    expect(screen.queryByRole("button", { name: /Add member|Change|End/ })).toBeNull();
  });
});

describe("the roles of a team", () => {
  it("are made of permissions in plain words", async () => {
    const made = { id: "r9", name: "Controller", permissions: ["log_own", "view_others"], isDefault: false };
    server.on("POST teams/team-incidents/roles", { status: 201, body: made });
    await openTeam();
    const members = screen.getByRole("tab", { name: "Members" });
    members.focus();
    press("ArrowRight");
    expect(document.activeElement).toBe(screen.getByRole("tab", { name: "Roles", selected: true }));
    fireEvent.click(screen.getByRole("button", { name: "Create role" }));
    type(screen.getByLabelText(/^Name/), "Controller");
    fireEvent.click(screen.getByLabelText("View others’ work logs"));
    fireEvent.click(screen.getByRole("button", { name: "Create role" }));
    const row = await screen.findByRole("row", { name: /Controller/ });
    expect(row.textContent).toContain("Log own work, View others’ work logs");
    expect(server.to("POST teams/team-incidents/roles")[0]?.body).toEqual({
      name: "Controller",
      permissions: ["log_own", "view_others"],
    });
  });
});
