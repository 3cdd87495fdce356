/** Jira's flags, in the lower left corner. What an add-on writes into them is text. */

interface Flag {
  id: string;
  title: string;
  body?: string;
  type?: string;
  close?: string;
  actions?: { actionKey: string; actionText: string; executeAction: () => void }[];
  onClose(id: string): void;
}

const lifetimeMilliseconds = 6000;

export const flags = {
  create(flag: Flag): { close(): void } {
    const element = document.createElement("div");
    element.className = `flag flag-${flag.type ?? "info"}`;
    element.setAttribute("role", "status");
    const close = () => {
      if (!element.isConnected) return;
      element.remove();
      flag.onClose(flag.id);
    };
    element.append(
      paragraph("flag-title", flag.title),
      ...(flag.body ? [paragraph("flag-body", flag.body)] : []),
      ...(flag.actions ?? []).map(({ actionText, executeAction }) => button(actionText, executeAction)),
      button("Dismiss", close),
    );
    container().append(element);
    if (flag.close === "auto") setTimeout(close, lifetimeMilliseconds);
    return { close };
  },
};

function container(): HTMLElement {
  const found = document.getElementById("flags");
  if (found) return found;
  const made = document.createElement("div");
  made.id = "flags";
  document.body.append(made);
  return made;
}

function paragraph(name: string, text: string): HTMLParagraphElement {
  const element = document.createElement("p");
  element.className = name;
  element.textContent = text;
  return element;
}

function button(text: string, onClick: () => void): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "link-button";
  element.textContent = text;
  element.addEventListener("click", onClick);
  return element;
}
