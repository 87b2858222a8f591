import type { I18n } from '@lingui/core';
import { msg, plural } from '@lingui/core/macro';

import type { Schemas } from '../../api';
import { stepPath } from '../steps';

type Finding = Schemas['PreflightFinding'];

/** Where a finding is mended. */
export function mendedAt(campaign: string, finding: Finding): string {
  switch (finding.code) {
    case 'no_channels':
      return `${stepPath(campaign, 'delivery')}#campaign-channels`;
    case 'no_transport':
      return '/transports';
    case 'no_receivers':
    case 'nobody_reached':
      return `${stepPath(campaign, 'receivers')}#receivers`;
    case 'unpriced':
      return '/tenant';
    case 'missing_value':
    case 'invalid_value':
    case 'unused_value':
      return `${stepPath(campaign, 'message')}#values`;
    default: {
      const [, key, tag, inner] = partOf(finding)?.split('.') ?? [];
      const search = new URLSearchParams();
      const channel = finding.channel ?? (key === 'languages' ? inner : key);
      if (channel !== undefined) search.set('channel', channel);
      if (key === 'languages' && tag !== undefined) search.set('language', tag);
      return `${stepPath(campaign, 'message')}?${search.toString()}#content`;
    }
  }
}

/** The part of the draft that a finding is about: the field without what is inside of it. */
function partOf({ field }: Finding): string | undefined {
  if (field == null || !field.startsWith('content.')) return undefined;
  return field
    .split('.')
    .slice(0, field.startsWith('content.languages.') ? 4 : 2)
    .join('.');
}

/**
 * A finding as a sentence that says what to do. Where the API's words need knowledge of templates or encodings, they are said in
 * the words of this page.
 */
function findingText(i18n: I18n, { code, channel, detail, count }: Finding): string {
  switch (code) {
    case 'missing_unsubscribe':
      return i18n._(msg`This email has no link to unsubscribe. That is fine for notices that everybody must get.`);
    case 'costly_punctuation':
      return count == null
        ? asSentence(detail)
        : i18n._(
            msg`${plural(count, {
              one: 'Curly quotes, long dashes or an ellipsis make # SMS longer and more expensive.',
              other: 'Curly quotes, long dashes or ellipses make # SMS longer and more expensive.',
            })} Switch on “Simplify quotes, dashes and ellipses” below the text of the SMS.`,
          );
    case 'nobody_reached':
      return channel == null
        ? i18n._(msg`Nobody would get this message. “Who gets it” shows why people are left out.`)
        : asSentence(detail);
    default:
      return asSentence(detail);
  }
}

/** What was found, in one or several parts of the draft. */
export type Entry = { text: string; parts: string[]; first: Finding };

/** Findings of one severity; what was found in several languages stands once. */
export function entriesOf(i18n: I18n, findings: Finding[], severity: Finding['severity']): Entry[] {
  const entries = new Map<string, Entry>();
  for (const finding of findings.filter((it) => it.severity === severity)) {
    const text = findingText(i18n, finding);
    const entry = entries.get(text) ?? { text, parts: [], first: finding };
    const part = partOf(finding);
    if (part !== undefined && !entry.parts.includes(part)) entry.parts.push(part);
    entries.set(text, entry);
  }
  return [...entries.values()];
}

/** The warnings among findings, as one text: accepting is about these, and others have to be read again. */
export function warningsOf(i18n: I18n, findings: Finding[]): string {
  return entriesOf(i18n, findings, 'warning')
    .map((it) => `${it.parts.join(' ')}: ${it.text}`)
    .join('\n');
}

/** The API words findings as parts of sentences. */
export function asSentence(detail: string): string {
  const first = detail.charAt(0).toUpperCase() + detail.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
