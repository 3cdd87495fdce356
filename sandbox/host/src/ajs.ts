/** connect-host.js expects Jira's old global `AJS`, also where it only asks whether something of it is on the page.
 * This one says that nothing is. It has to be there before connect-host.js is. */

const emptyCollection: unknown = new Proxy(() => emptyCollection, {
  get: (_, name) => {
    if (name === "length") return 0;
    if (name === "width" || name === "height") return () => 0;
    return typeof name === "symbol" ? undefined : () => emptyCollection;
  },
});

const windowOfJira = window as unknown as Record<string, unknown>;

windowOfJira["AJS"] = { $: () => emptyCollection, Meta: { get: () => undefined } };

// Atlassian's statistics: asked for, and nothing is sent.
windowOfJira["require"] = () => ({ emitGasV3: () => undefined });
