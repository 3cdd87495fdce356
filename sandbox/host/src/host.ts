/** What a page of the sandbox does in the browser: it is the Jira around the add-on's frames. */

import { connectHost, provide } from "./connect";
import { dialogs } from "./dialogs";
import { flags } from "./flags";
import { fitFrames, mountSlot } from "./frames";
import { defineModules } from "./modules";
import { watchTabs } from "./tabs";
import { watchSwitch } from "./theme";

// Before any frame: what an add-on finds in `AP` is written down when its frame is made.
defineModules();
provide("flag", flags);
provide("dialog", dialogs);
fitFrames();
connectHost.registerProvider("get-location", () => location.href);

document.querySelectorAll<HTMLElement>("[data-addon-key]").forEach(mountSlot);
document.querySelectorAll<HTMLButtonElement>("#theme-switch").forEach(watchSwitch);
document.querySelectorAll<HTMLElement>("[role=tablist]").forEach(watchTabs);

// Menus close as menus do.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenus(null);
});
document.addEventListener("click", (event) => closeMenus(event.target as Node | null));

function closeMenus(except: Node | null): void {
  document.querySelectorAll<HTMLDetailsElement>("details.menu[open]").forEach((menu) => {
    if (except && menu.contains(except)) return;
    menu.open = false;
    if (!except) menu.querySelector("summary")?.focus();
  });
}
