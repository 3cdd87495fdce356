import { expect, it, vi } from "vitest";
import { Directory } from "../../static/src/people";
import { lead, member, TestHost } from "./support";

async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
}

it("asks for all names of one moment together, and for none twice", async () => {
  const host = new TestHost();
  const people = vi.spyOn(host, "people");
  const directory = new Directory(host);
  directory.want([lead.accountId]);
  directory.want([lead.accountId, member.accountId]);
  await settled();
  directory.want([lead.accountId]);
  await settled();
  expect(people.mock.calls).toEqual([[[lead.accountId, member.accountId]]]);
  expect(directory.get(lead.accountId)).toEqual({ name: "Amara Okafor", state: "known" });
});

it("knows a closed account by its name, and says that it is closed", async () => {
  const host = new TestHost(member, [{ ...lead, active: false }]);
  const directory = new Directory(host);
  directory.want([lead.accountId]);
  await settled();
  expect(directory.get(lead.accountId).state).toBe("inactive");
});

it("tells somebody whom Jira does not know from a Jira that does not answer", async () => {
  const host = new TestHost();
  const directory = new Directory(host);
  directory.want(["stranger"]);
  await settled();
  expect(directory.get("stranger").name).toBe("Unknown person");
  host.silent = true;
  directory.want([lead.accountId]);
  await settled();
  expect(directory.get(lead.accountId).name).toBe("Name not available");
});

it("asks a silent Jira again when told to, and only for what it did not say", async () => {
  const host = new TestHost();
  host.silent = true;
  const directory = new Directory(host);
  directory.want([lead.accountId]);
  await settled();
  host.silent = false;
  directory.learn([member]);
  const people = vi.spyOn(host, "people");
  directory.retry();
  await settled();
  expect(people.mock.calls).toEqual([[[lead.accountId]]]);
  expect(directory.get(lead.accountId).name).toBe("Amara Okafor");
});
