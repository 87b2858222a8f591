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
export function partOf({ field }: Finding): string | undefined {
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
export function findingText(i18n: I18n, { code, detail, count }: Finding): string {
  switch (code) {
    case 'missing_unsubscribe':
      return i18n._(
        msg`People cannot unsubscribe: the email shows no link for it. Choose a wrapper that has one, or insert the placeholder “Unsubscribe link” into the text. A message that everyone must get can go without.`,
      );
    case 'costly_punctuation':
      return count == null
        ? asSentence(detail)
        : i18n._(
            msg`${plural(count, {
              one: 'Curly quotes, long dashes or an ellipsis make # SMS longer and more expensive.',
              other: 'Curly quotes, long dashes or ellipses make # SMS longer and more expensive.',
            })} Switch on “Simplify quotes, dashes and ellipses” below the text of the SMS.`,
          );
    default:
      return asSentence(detail);
  }
}

/** The warnings among findings, as one text: accepting is about these, and others have to be read again. */
export function warningsOf(i18n: I18n, findings: Finding[]): string {
  return findings
    .filter((it) => it.severity === 'warning')
    .map((it) => findingText(i18n, it))
    .join('\n');
}

/** The API words findings as parts of sentences. */
export function asSentence(detail: string): string {
  const first = detail.charAt(0).toUpperCase() + detail.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
