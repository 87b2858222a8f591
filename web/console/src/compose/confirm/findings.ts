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
    default:
      return (
        stepPath(campaign, 'message') + (finding.channel == null ? '#content' : `?channel=${finding.channel}#content`)
      );
  }
}

/** The API words findings as parts of sentences. */
export function asSentence(detail: string): string {
  const first = detail.charAt(0).toUpperCase() + detail.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
