import { useLingui } from '@lingui/react';

import type { Schemas } from '../api';
import { Status } from '../ui';
import { sources } from './words';

/** Why an address gets nothing. */
export function SourceMark({ source }: { source: Schemas['SuppressionSource'] }) {
  const { i18n } = useLingui();
  const { title, tone, icon } = sources[source];
  return (
    <Status tone={tone} icon={icon}>
      {i18n._(title)}
    </Status>
  );
}
