import { Plural, Trans, useLingui } from '@lingui/react/macro';

import { api, call, type Schemas, useAction } from '../api';
import { Banner, Count, List, Loader, ProblemNote, useConfirm } from '../ui';
import { useRefresh } from './campaign';

type Found = Schemas['Reconciled'];

/** Counts a campaign's messages again and restarts what has stopped. */
export function useCheck(campaign: string) {
  const { t } = useLingui();
  const confirm = useConfirm();
  const refresh = useRefresh();
  const action = useAction(
    () => call(api.POST('/v1/campaigns/{campaign}/reconcile', { params: { path: { campaign } } })),
    { refresh: [], onDone: () => void refresh() },
  );
  const ask = async () => {
    const text = t`All messages are recounted, wrong figures are corrected, and tasks that have stopped are restarted. Carillon also does this automatically every few minutes. Nobody gets a message twice.`;
    if (await confirm({ title: t`Check the figures?`, text, verb: t`Check` })) action.mutate();
  };
  return { ...action, ask };
}

/** What a check found and mended. */
export function CheckNote({ check }: { check: ReturnType<typeof useCheck> }) {
  const { t } = useLingui();
  if (check.isPending) return <Loader size="sm" aria-label={t`Checking the figures`} />;
  if (check.error !== null) return <ProblemNote problem={check.error} />;
  if (check.data === undefined) return null;
  const sentences = sentencesOf(check.data);
  return (
    <Banner live tone="ok" title={t`The figures were checked`}>
      {sentences.length === 0 ? (
        <Trans>Everything was correct.</Trans>
      ) : (
        <List size="sm">
          {sentences.map(([id, sentence]) => (
            <List.Item key={id}>{sentence}</List.Item>
          ))}
        </List>
      )}
    </Banner>
  );
}

function sentencesOf(found: Found) {
  const differing = found.totals.flatMap(({ shard, differences, mended }) =>
    differences.map((it) => ({ ...it, mended, id: `${shard} ${it.counter}` })),
  );
  return [
    ...(found.completed
      ? [['completed', <Trans key="c">The campaign had finished and is now marked as completed.</Trans>]]
      : []),
    ...(found.released ? [['released', <Trans key="r">The campaign was due; sending has started.</Trans>]] : []),
    ...(found.held == null ? [] : [['held', <span key="h">{found.held.text}</span>]]),
    ...(found.restarted_shards > 0 || found.new_generation != null
      ? [['restarted', <Trans key="s">Tasks that had stopped were restarted.</Trans>]]
      : []),
    ...(found.lapsed_claims > 0
      ? [
          [
            'lapsed',
            <Plural
              key="l"
              value={found.lapsed_claims}
              one="# message was started but not finished; it is being resolved."
              other="# messages were started but not finished; they are being resolved."
            />,
          ],
        ]
      : []),
    ...(found.overdue_retries > 0
      ? [
          [
            'overdue',
            <Plural
              key="o"
              value={found.overdue_retries}
              one="# message is overdue for its next attempt."
              other="# messages are overdue for their next attempt."
            />,
          ],
        ]
      : []),
    ...(found.waits_for_an_account
      ? [['waits', <Trans key="w">It is waiting for a provider that is not working or has reached its limit.</Trans>]]
      : []),
    ...(found.recounts_queued > 0
      ? [['queued', <Trans key="q">The campaign is large: the rest is being counted in the background.</Trans>]]
      : []),
    ...differing.map(({ id, counter, counted, recounted, mended }) => [
      id,
      mended ? (
        <Trans key={id}>
          {counter}: corrected from <Count value={counted} /> to <Count value={recounted} />.
        </Trans>
      ) : (
        <Trans key={id}>
          {counter}: shown <Count value={counted} />, counted <Count value={recounted} />. The figure is still changing;
          check again in a minute.
        </Trans>
      ),
    ]),
  ] as [string, React.ReactNode][];
}
