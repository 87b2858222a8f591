/** A word that no other test and no earlier run has: for names, domains and texts that are looked for later. */
export function unique(word: string): string {
  return `${word}-${Math.random().toString(36).slice(2, 8)}`;
}
