import { Trans, useLingui } from '@lingui/react/macro';

import { api, call, type Schemas, useAction } from '../api';
import { Button, notify, ProblemNote, Stack, useConfirm } from '../ui';

/** What can be done about work in the background: failed work goes on where it stopped, running work can be canceled. */
export function WorkButtons({ work, name }: { work: Schemas['Job']; name: string }) {
  const { t } = useLingui();
  const ask = useConfirm();
  const params = { path: { job: work.id } };
  const refresh = ['/v1/jobs', '/v1/imports', '/v1/campaigns'];
  const retry = useAction(() => call(api.POST('/v1/jobs/{job}/retry', { params })), {
    refresh,
    onDone: () => notify(t`It continues where it stopped.`),
  });
  const cancel = useAction(() => call(api.POST('/v1/jobs/{job}/cancel', { params })), {
    refresh,
    onDone: () => notify(t`Canceled. It stops within seconds.`),
  });
  const askAndCancel = async () => {
    const sure = await ask({
      title: t`Cancel this task?`,
      text:
        work.kind === 'import' ? (
          <Trans>It stops within seconds. Receivers that were already added stay in the campaign.</Trans>
        ) : (
          <Trans>It stops within seconds. What is already done stays.</Trans>
        ),
      verb: t`Cancel the task`,
      grave: true,
    });
    if (sure) cancel.mutate();
  };
  return (
    <Stack gap={4} align="flex-end">
      {work.status === 'failed' && (
        <Button
          size="compact-sm"
          variant="default"
          loading={retry.isPending}
          onClick={() => retry.mutate()}
          aria-label={t`Try again: ${name}`}
        >
          <Trans>Try again</Trans>
        </Button>
      )}
      {work.status === 'running' && work.kind !== 'purge' && (
        <Button
          size="compact-sm"
          variant="default"
          loading={cancel.isPending}
          onClick={() => void askAndCancel()}
          aria-label={t`Cancel: ${name}`}
        >
          <Trans>Cancel</Trans>
        </Button>
      )}
      <ProblemNote problem={retry.error ?? cancel.error} />
    </Stack>
  );
}
