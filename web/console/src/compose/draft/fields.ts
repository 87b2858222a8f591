import type { Schemas } from '../../api';

/** What a person can change in a draft. */
export type Fields = Pick<
  Schemas['Campaign'],
  | 'name'
  | 'channels'
  | 'priority'
  | 'on_unknown'
  | 'failover'
  | 'default_region'
  | 'content'
  | 'values'
  | 'values_by_language'
>;

export type Field = keyof Fields;

/**
 * The smallest parts of a draft that are saved, refused or in conflict on their own, by the path that the API names them by:
 * `name`, `content.email`, `content.languages.de.sms`.
 */
export type Parts = ReadonlyMap<string, unknown>;

/** The parts where two people changed the same thing in different ways. */
export type Clash = { part: string; mine: unknown; theirs: unknown };

export function fieldsOf(campaign: Fields): Fields {
  const { name, channels, priority, on_unknown, failover, default_region, content, values, values_by_language } =
    campaign;
  return { name, channels, priority, on_unknown, failover, default_region, content, values, values_by_language };
}

function isEmpty(value: unknown): boolean {
  return value == null || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** Takes a draft apart. What is empty has no part; what only the API changes is none. */
export function partsOf(fields: Fields): Parts {
  const parts = new Map<string, unknown>();
  const put = (part: string, value: unknown) => {
    if (!isEmpty(value)) parts.set(part, value);
  };
  const { content, ...others } = fieldsOf(fields);
  for (const [field, value] of Object.entries(others)) put(field, value);
  const { languages, ...top } = content;
  // A channel that has nothing in it yet is there all the same.
  const add = (part: string, value: unknown) => {
    if (value != null && !(Array.isArray(value) && value.length === 0)) parts.set(part, value);
  };
  for (const [key, value] of Object.entries(top)) add(`content.${key}`, value);
  for (const [tag, version] of Object.entries(languages ?? {})) {
    // A version that has no channel yet is a version all the same.
    parts.set(`content.languages.${tag}`, true);
    for (const [key, value] of Object.entries(version)) add(`content.languages.${tag}.${key}`, value);
  }
  return parts;
}

/** Puts a draft together again. */
export function fieldsFrom(parts: Parts): Fields {
  const fields: Record<string, unknown> = { name: '', channels: [] };
  const content: Record<string, unknown> = {};
  const languages: Record<string, Record<string, unknown>> = {};
  for (const [part, value] of parts) {
    const [field = '', key = '', tag = '', channel] = part.split('.');
    if (field !== 'content') fields[field] = value;
    else if (key !== 'languages') content[key] = value;
    else {
      const version = (languages[tag] ??= {});
      if (channel !== undefined) version[channel] = value;
    }
  }
  if (Object.keys(languages).length > 0) content['languages'] = languages;
  return { ...fields, content } as Fields;
}

/** The top-level field of a part, which is what a change of a draft replaces. */
export function fieldOf(part: string): Field {
  return part.split('.', 1)[0] as Field;
}

/** A value in one form, whatever the order of its names and whether its empty parts are written. */
export function formOf(value: unknown): string {
  return JSON.stringify(value, (_, it: unknown) => {
    if (typeof it !== 'object' || it === null || Array.isArray(it)) return it;
    const entries = Object.entries(it).filter(([, inner]) => inner != null);
    return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

export function isSame(one: unknown, other: unknown): boolean {
  return one === other || formOf(one ?? null) === formOf(other ?? null);
}

/** The parts in which two drafts differ. */
export function differences(one: Parts, other: Parts): string[] {
  const parts = new Set([...one.keys(), ...other.keys()]);
  return [...parts].filter((part) => !isSame(one.get(part), other.get(part)));
}

/**
 * Puts two people's changes to the same draft together. Where both changed the same part in different ways, the result has mine,
 * and the clash is listed.
 */
export function merge(base: Parts, mine: Parts, theirs: Parts): { merged: Parts; clashes: Clash[] } {
  const merged = new Map(theirs);
  const clashes: Clash[] = [];
  for (const part of differences(base, mine)) {
    const own = mine.get(part);
    const other = theirs.get(part);
    if (!isSame(base.get(part), other) && !isSame(own, other)) clashes.push({ part, mine: own, theirs: other });
    if (own === undefined) merged.delete(part);
    else merged.set(part, own);
  }
  return { merged, clashes };
}

const text = (value: unknown) => (typeof value === 'string' ? value.trim() : '');

/** What a message needs before the API keeps it: the names of what is there must not be empty, of each group one. */
const needed: Partial<Record<string, string[][]>> = {
  email: [['subject'], ['html', 'mjml']],
  sms: [['text']],
  push: [['title'], ['body']],
  whatsapp: [['text', 'template']],
};

/** The fields that a message still lacks, for example its subject; each group can be met by any of its fields. */
export function lackedBy(part: string, value: unknown): string[][] {
  const [field, key = '', , inner = ''] = part.split('.');
  if (field !== 'content' || typeof value !== 'object' || value === null) return [];
  const message = value as Record<string, unknown>;
  const groups = needed[key === 'languages' ? inner : key] ?? [];
  return groups.filter((group) =>
    group.every((name) => text(message[name]) === '' && (typeof message[name] !== 'object' || message[name] === null)),
  );
}

/** Whether nothing was written in a message yet. */
export function isBlank(part: string, value: unknown): boolean {
  if (!part.startsWith('content.') || typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((it) => it == null || it === false || (typeof it === 'string' && it.trim() === ''));
}
