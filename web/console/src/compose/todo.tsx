import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { preflightQuery } from './confirm/preflightQuery';
import { entriesOf, warningsOf } from './confirm/findings';
import { useComposed } from './draft/useDraft';
import { type Gap, gapPath, stepPath } from './steps';

/** Something that the person has to do before the campaign can be sent, and where. */
type Todo = { key: string; to: string; text: ReactNode };

/** What is left to do, as far as it is known: the check in the last step may find more. */
export function useTodo(gaps: Gap[]): { todo: Todo[]; isChecked: boolean } {
  const { i18n } = useLingui();
  const { campaign, accepted } = useComposed();
  const { data } = useQuery({ ...preflightQuery(campaign.id), enabled: false });
  const found = data?.campaign_version === campaign.version && data.status === 'finished' ? data.findings : undefined;
  const todo: Todo[] = gaps.map((gap) => ({ key: gap.text, to: gapPath(campaign.id, gap), text: gap.text }));
  const blocking = entriesOf(i18n, found ?? [], 'blocking').length;
  // What is missing blocks as well, and is listed already.
  if (blocking > 0 && gaps.length === 0) {
    todo.push({
      key: 'blocking',
      to: `${stepPath(campaign.id, 'confirm')}#blocking`,
      text: <Plural value={blocking} one="# problem to fix" other="# problems to fix" />,
    });
  }
  const warnings = entriesOf(i18n, found ?? [], 'warning').length;
  if (warnings > 0 && accepted !== warningsOf(i18n, found ?? [])) {
    todo.push({
      key: 'warnings',
      to: `${stepPath(campaign.id, 'confirm')}#accept-warnings`,
      text: <Plural value={warnings} one="# warning to accept" other="# warnings to accept" />,
    });
  }
  return { todo, isChecked: found !== undefined };
}

/** The same in a few words. */
export function TodoCount({ todo, isChecked }: { todo: Todo[]; isChecked: boolean }) {
  const [first] = todo;
  if (first === undefined) return isChecked ? <Trans>ready to send</Trans> : <Trans>complete so far</Trans>;
  // What is missing is said as an order, which would read oddly in a row of figures.
  if (todo.length === 1 && typeof first.text !== 'string') return first.text;
  return <Plural value={todo.length} one="# thing to do" other="# things to do" />;
}
