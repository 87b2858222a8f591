import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQueryClient } from '@tanstack/react-query';

import { api, call, type Schemas, useAction } from '../api';
import { channels as known } from '../campaigns/words';
import { Banner, Button, ProblemNote, Progress, Stack, Text, useConfirm } from '../ui';
import { refreshReceivers } from './uploads';
import { keepJob, whatIsSwitched } from './useSwitching';

type Job = Schemas['Job'];
type Props = { job: Job | undefined; campaign: string };

/** How far a switch is, or how it ended if that matters. */
export function LastSwitch({ job, campaign }: Props) {
  return job === undefined ? null : <Shown key={job.id} job={job} campaign={campaign} />;
}

function Shown({ job, campaign }: { job: Job; campaign: string }) {
  const { t, i18n } = useLingui();
  const client = useQueryClient();
  const confirm = useConfirm();
  const params = { path: { job: job.id } };
  const onDone = (changed: Job) => {
    keepJob(client, changed);
    void refreshReceivers(client, campaign);
  };
  const stop = useAction(() => call(api.POST('/v1/jobs/{job}/cancel', { params })), { refresh: [], onDone });
  const goOn = useAction(() => call(api.POST('/v1/jobs/{job}/retry', { params })), { refresh: [], onDone });
  const switched = whatIsSwitched(job);
  const title = switched === undefined ? '' : i18n._(known[switched.channel].title);
  const { done, total } = job.progress;
  const askToStop = async () => {
    const yes = await confirm({
      title: t`Stop switching?`,
      text: t`Those already switched stay as they are now. The others keep their setting.`,
      verb: t`Stop`,
    });
    if (yes) stop.mutate();
  };
  // How it ended is news only to whoever started it; a failure is one for everybody.
  if (job.status !== 'running' && job.status !== 'failed' && switched === undefined) return null;
  switch (job.status) {
    case 'running':
      return (
        <div id="switching" tabIndex={-1}>
          <Banner
            tone="busy"
            icon="clock"
            title={
              switched === undefined
                ? t`A channel is being switched for everyone`
                : switched.on
                  ? t`${title} is being switched on for everyone`
                  : t`${title} is being switched off for everyone`
            }
            action={
              <Button size="xs" variant="default" loading={stop.isPending} onClick={() => void askToStop()}>
                <Trans>Stop</Trans>
              </Button>
            }
          >
            <Stack gap={4} role="status">
              {total == null ? (
                <Trans>It starts in a moment.</Trans>
              ) : (
                <Trans>
                  {i18n.number(done)} of {i18n.number(total)} receivers.
                </Trans>
              )}{' '}
              <Trans>The campaign cannot be sent until this is done. You can continue in the meantime, or leave.</Trans>
              <Progress
                value={total == null ? 0 : (100 * done) / Math.max(1, total)}
                aria-label={t`Switched`}
                animated
              />
            </Stack>
            <ProblemNote problem={stop.error} />
          </Banner>
        </div>
      );
    case 'failed':
      return (
        <Banner
          live
          tone="bad"
          title={t`Switching a channel for everyone was interrupted`}
          action={
            <Button size="xs" variant="default" loading={goOn.isPending} onClick={() => goOn.mutate()}>
              <Trans>Go on</Trans>
            </Button>
          }
        >
          {job.reason?.text} <Trans>{i18n.number(done)} receivers were switched, the others were not.</Trans>
          <ProblemNote problem={goOn.error} />
        </Banner>
      );
    case 'canceled':
      return (
        <Text size="sm" c="dimmed" role="status">
          <Plural
            value={done}
            one="Stopped after about # receiver. The others stay as they were."
            other="Stopped after about # receivers. The others stay as they were."
          />
        </Text>
      );
    default:
      return (
        <Text size="sm" c="dimmed" role="status">
          {switched?.on === true
            ? t`${title} was switched on for everyone who can get it.`
            : t`${title} was switched off for everyone.`}
        </Text>
      );
  }
}
