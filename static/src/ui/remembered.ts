/** Small preferences of this browser. A frame from another site may be refused storage; then they last as long as
 * the page. */

const fallback = new Map<string, string>();

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`worklog-vault.${key}`, value);
  } catch {
    fallback.set(key, value);
  }
}

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`worklog-vault.${key}`);
  } catch {
    return fallback.get(key) ?? null;
  }
}
