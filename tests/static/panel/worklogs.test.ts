import { describe, expect, it } from "vitest";
import { initial, inOrder, reduce, type State } from "../../../static/src/panel/worklogs";
import { aPage, aPublicWorklog, aWorklog } from "../support";

const loaded: State = reduce(initial, {
  type: "answered",
  world: "secured",
  more: false,
  page: aPage([aWorklog()], { totals: { securedSeconds: 20_000 } }),
});

describe("the sum of secured time", () => {
  it("is the server's, which knows more than the pages that are loaded", () => {
    expect(loaded.securedSeconds).toBe(20_000);
  });

  it("moves with what is added, changed and removed", () => {
    const added = reduce(loaded, { type: "added", worklog: aWorklog({ id: "new", timeSpentSeconds: 600 }) });
    expect(added.securedSeconds).toBe(20_600);
    const changed = reduce(added, { type: "changed", worklog: aWorklog({ id: "new", timeSpentSeconds: 900 }) });
    expect(changed.securedSeconds).toBe(20_900);
    expect(reduce(changed, { type: "removed", id: "new" }).securedSeconds).toBe(20_000);
  });

  it("does not move for what is not in the list", () => {
    expect(reduce(loaded, { type: "removed", id: "unknown" }).securedSeconds).toBe(20_000);
    expect(reduce(loaded, { type: "changed", worklog: aWorklog({ id: "unknown" }) }).securedSeconds).toBe(20_000);
  });
});

describe("the pages of a list", () => {
  it("hold each work log once, also when one was added between two pages", () => {
    const more = reduce(loaded, {
      type: "answered",
      world: "secured",
      more: true,
      page: aPage([aWorklog(), aWorklog({ id: "older" })]),
    });
    expect(more.secured.entries.map(({ id }) => id)).toEqual(["0197-secured", "older"]);
  });

  it("keep what is shown while they are loaded again", () => {
    const again = reduce(loaded, { type: "asked", world: "secured", more: false });
    expect(again.secured.status).toBe("ready");
    expect(again.secured.entries).toHaveLength(1);
  });

  it("are newest first, in both worlds together", () => {
    const inBerlin = aWorklog({ id: "a", started: "2026-11-23T09:00:00+01:00" });
    const inLima = aPublicWorklog({ id: "b", started: "2026-11-23T04:00:00-05:00" });
    const between = aPublicWorklog({ id: "c", started: "2026-11-23T08:30:00+00:00" });
    expect(inOrder([inBerlin, inLima, between]).map(({ id }) => id)).toEqual(["b", "c", "a"]);
  });
});
