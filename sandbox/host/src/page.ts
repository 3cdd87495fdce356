/** What the server wrote into the page about who looks at what. */

export function accountId(): string {
  return document.body.dataset["accountId"] ?? "";
}

/** A fresh signed address of one of the add-on's pages; the ones in the page are good for three minutes. */
export async function signedUrl(addonKey: string, moduleKey: string, issueKey: string): Promise<string> {
  const query = new URLSearchParams({ addon: addonKey, module: moduleKey, issue: issueKey });
  const response = await fetch(`/sandbox/module-url?${query}`, { cache: "no-store" });
  if (!response.ok) throw new Error(`The add-on has no page ${moduleKey}`);
  return ((await response.json()) as { url: string }).url;
}
