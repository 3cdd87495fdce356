/** The tabs of the Activity section. Without this script they are links that load the page with another tab. */

export function watchTabs(list: HTMLElement): void {
  const tabs = [...list.querySelectorAll<HTMLAnchorElement>("[role=tab]")];
  const select = (tab: HTMLAnchorElement) => {
    for (const each of tabs) {
      const chosen = each === tab;
      each.setAttribute("aria-selected", String(chosen));
      each.tabIndex = chosen ? 0 : -1;
      const panel = document.getElementById(each.getAttribute("aria-controls") ?? "");
      if (panel) panel.hidden = !chosen;
    }
  };
  list.addEventListener("click", (event) => {
    const tab = tabs.find((each) => each === event.target);
    if (!tab) return;
    event.preventDefault();
    select(tab);
    history.replaceState(null, "", tab.href);
  });
  list.addEventListener("keydown", (event) => {
    const at = tabs.findIndex((tab) => tab === document.activeElement);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = step && tabs[(at + step + tabs.length) % tabs.length];
    if (!next) return;
    event.preventDefault();
    select(next);
    next.focus();
  });
}
