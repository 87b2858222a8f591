import type { Fields } from './fields';

/** Edits that the API does not have yet, and what they were made on. */
export type Kept = { version: number; base: Fields; mine: Fields };

function key(tenant: string, campaign: string): string {
  return `carillon.draft.${tenant}.${campaign}`;
}

/** What was written in this browser and not saved, for example because the tab was closed without a network. */
export function keptEdits(tenant: string, campaign: string): Kept | undefined {
  try {
    const stored = localStorage.getItem(key(tenant, campaign));
    return stored === null ? undefined : (JSON.parse(stored) as Kept);
  } catch {
    // Something else wrote there, or the browser keeps nothing.
    return undefined;
  }
}

export function keepEdits(tenant: string, campaign: string, kept: Kept | undefined) {
  try {
    if (kept === undefined) localStorage.removeItem(key(tenant, campaign));
    else localStorage.setItem(key(tenant, campaign), JSON.stringify(kept));
  } catch {
    // The browser's storage is full or switched off: the edits are still in this tab, and saving goes on.
  }
}
