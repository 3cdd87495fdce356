import { afterEach, expect, it, vi } from "vitest";
import { recall, remember } from "../../../static/src/ui/remembered";

afterEach(() => {
  vi.unstubAllGlobals();
});

it("keeps a preference in the browser", () => {
  remember("team", "t1");
  expect(recall("team")).toBe("t1");
  expect(localStorage.getItem("worklog-vault.team")).toBe("t1");
});

it("keeps it for the page at least, where the browser refuses storage to frames", () => {
  const refuse = () => {
    throw new DOMException("The operation is insecure.", "SecurityError");
  };
  vi.stubGlobal("localStorage", { getItem: refuse, setItem: refuse });
  expect(recall("shortcuts")).toBeNull();
  remember("shortcuts", "off");
  expect(recall("shortcuts")).toBe("off");
});
