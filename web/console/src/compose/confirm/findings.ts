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

/** The API words findings as parts of sentences. */
export function asSentence(detail: string): string {
  const first = detail.charAt(0).toUpperCase() + detail.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
