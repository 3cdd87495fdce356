/** Small preferences of this browser. A frame from another site may be refused storage; then they last as long as
 * the page. */

const fallback = new Map<string, string>();

export function remember(key: string, value: string): void {
  fallback.set(key, value);
  try {
    localStorage.setItem(`worklog-vault.${key}`, value);
  } catch {
    // The map above has it.
  }
}

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`worklog-vault.${key}`) ?? fallback.get(key) ?? null;
  } catch {
    return fallback.get(key) ?? null;
  }
}
