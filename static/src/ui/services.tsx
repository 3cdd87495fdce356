/** What every screen needs and no screen makes: the host, the API, people's names, and a voice for screen readers. */

import { createContext, render, type ComponentChildren, type JSX } from "preact";
import { useContext, useMemo, useState } from "preact/hooks";
import { Api } from "../api";
import { ConnectHost, type ConnectBridge, type Host } from "../host";
import { Directory } from "../people";
import { Message } from "./Message";

export interface Services {
  host: Host;
  api: Api;
  people: Directory;
  /** Says something to those who cannot see that it happened. */
  announce(text: string): void;
}

const ServicesContext = createContext<Services | null>(null);

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (!services) throw new Error("useServices outside of <Page>");
  return services;
}

export function Page(props: { host: Host; apiBase: string; children: ComponentChildren }): JSX.Element {
  const { host, apiBase } = props;
  const [spoken, setSpoken] = useState({ text: "", turn: 0 });
  const services = useMemo<Services>(
    () => ({
      host,
      api: new Api(host, { base: apiBase }),
      people: new Directory(host),
      announce: (text) => setSpoken(({ turn }) => ({ text, turn: turn + 1 })),
    }),
    [host, apiBase],
  );
  return (
    <ServicesContext.Provider value={services}>
      {props.children}
      <div class="visually-hidden" role="status" aria-live="polite">
        {/* The same words twice must still be a change, or they are not read again. */}
        <span key={spoken.turn}>{spoken.text}</span>
      </div>
    </ServicesContext.Provider>
  );
}

/** Puts a screen into `<div id="app">`. The screen gets the data attributes that the server wrote there. */
export function mount(screen: (data: DOMStringMap) => JSX.Element): void {
  const root = document.getElementById("app");
  if (!root) throw new Error("The page has no #app");
  const bridge = (window as unknown as { AP?: ConnectBridge }).AP;
  if (!bridge?.context) {
    render(
      <Message kind="error" title="This page works inside Jira only">
        <p>Jira’s own script did not load, or the page was opened by its address. Open it from Jira.</p>
      </Message>,
      root,
    );
    return;
  }
  const host = new ConnectHost(bridge);
  host.followTheme();
  const apiBase = new URL("api/v1/", document.baseURI).pathname;
  render(
    <Page host={host} apiBase={apiBase}>
      {screen(root.dataset)}
    </Page>,
    root,
  );
}
