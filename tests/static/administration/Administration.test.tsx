import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/preact";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Administration } from "../../../static/src/administration/Administration";
import type { Settings } from "../../../static/src/model";
import { lead, member, press, problem, settings, show, TestHost, TestServer, type } from "../support";

let server: TestServer;
let current: Settings;

beforeEach(() => {
  current = { ...settings, securedTeams: false, teamManagers: [lead.accountId], canAdminister: true };
  server = new TestServer()
    .on("GET settings", () => ({ body: current }))
    .on("PATCH settings", ({ body }) => {
      current = { ...current, ...(body as Partial<Settings>) };
      return { body: current };
    });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function open(): Promise<void> {
  show(<Administration />, new TestHost(member));
  await screen.findByRole("switch");
}

it("switches secured teams on, and says so", async () => {
  await open();
  const secured = screen.getByRole("switch", { name: "Secured teams" });
  expect(secured.getAttribute("aria-checked")).toBe("false");
  fireEvent.click(secured);
  await waitFor(() => expect(secured.getAttribute("aria-checked")).toBe("true"));
  expect(server.to("PATCH settings")[0]?.body).toEqual({ securedTeams: true });
  expect(screen.getByText("Secured teams are on now.")).toBeTruthy();
});

it("leaves the switch where it is when the server refuses", async () => {
  server.on("PATCH settings", problem(403, "not_allowed", "Only a Jira administrator may change these settings."));
  await open();
  fireEvent.click(screen.getByRole("switch"));
  expect((await screen.findByRole("alert")).textContent).toContain("Only a Jira administrator");
  expect(screen.getByRole("switch").getAttribute("aria-checked")).toBe("false");
});

it("names team managers, and takes them off", async () => {
  await open();
  const managers = within(screen.getByRole("region", { name: "Team managers" }));
  type(managers.getByRole("combobox"), "tom");
  await managers.findByRole("option");
  press("Enter");
  fireEvent.keyDown(managers.getByRole("combobox"), { key: "Enter" });
  await waitFor(() => expect(current.teamManagers).toEqual([lead.accountId, member.accountId]));
  fireEvent.click(await managers.findByRole("button", { name: "Remove Amara Okafor from the team managers" }));
  await waitFor(() => expect(current.teamManagers).toEqual([member.accountId]));
});

it("refuses a day that no calendar has, before the server must", async () => {
  await open();
  type(screen.getByLabelText("Hours per day"), "25");
  fireEvent.click(screen.getByRole("button", { name: "Save working time" }));
  await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("Hours per day")));
  expect(server.to("PATCH settings")).toHaveLength(0);
  type(screen.getByLabelText("Hours per day"), "7,5");
  fireEvent.click(screen.getByRole("button", { name: "Save working time" }));
  expect(await screen.findByText("Saved")).toBeTruthy();
  expect(current).toMatchObject({ hoursPerDay: 7.5, daysPerWeek: 5 });
});

it("shows everything to others, and lets them change nothing", async () => {
  current = { ...current, canAdminister: false };
  await open();
  expect(screen.getByText("Only Jira administrators can change these settings")).toBeTruthy();
  expect((screen.getByRole("switch") as HTMLButtonElement).disabled).toBe(true);
  expect(screen.queryByRole("combobox")).toBeNull();
  expect(screen.queryByRole("button", { name: /Save|Remove/ })).toBeNull();
});

it("offers to try again when the settings cannot be loaded", async () => {
  server.on("GET settings", problem(503, "database_unavailable", "Back in a moment."));
  show(<Administration />);
  expect(await screen.findByText("Back in a moment.")).toBeTruthy();
  server.on("GET settings", () => ({ body: current }));
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("switch")).toBeTruthy();
});
