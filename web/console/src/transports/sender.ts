import type { Schemas } from '../api';

/** What receivers see messages of an account come from, if the account itself says so. */
export function senderOf({ from, from_name, sender_id, settings }: Schemas['Transport']): string | undefined {
  if (from != null) return from_name == null ? from : `${from_name} <${from}>`;
  return sender_id ?? settings?.['sender'] ?? undefined;
}
