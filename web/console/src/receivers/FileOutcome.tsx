import { useLingui } from '@lingui/react/macro';

import type { Schemas } from '../api';

/** How many rows of a file were added, updated and refused. */
export function FileOutcome({ of }: { of: Schemas['ShownImport'] }) {
  const { t, i18n } = useLingui();
  const parts = [
    t`${i18n.number(of.rows_added)} added`,
    of.rows_updated > 0 ? t`${i18n.number(of.rows_updated)} updated` : '',
    of.rows_duplicate > 0 ? t`${i18n.number(of.rows_duplicate)} already there` : '',
    of.rows_incomplete > 0 ? t`${i18n.number(of.rows_incomplete)} incomplete` : '',
    of.rows_refused > 0 ? t`${i18n.number(of.rows_refused)} refused` : '',
  ];
  return <>{parts.filter((it) => it !== '').join(' · ')}</>;
}
