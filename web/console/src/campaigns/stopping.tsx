import { Plural, Trans, useLingui } from '@lingui/react/macro';

import { api, call, ifMatch, type Schemas, useAction } from '../api';
import { Banner, Button, Count, Group, Icon, notify, ProblemNote, useConfirm } from '../ui';
import { useRefresh } from './campaign';
import type { Figures } from './totals';

type Campaign = Schemas['Campaign'];
export type Stopped = Schemas['StoppedCampaign'];

/** Pauses, resumes and cancels. */
export function useRunning(campaign: Campaign, onStopped: (it: Stopped | undefined) => void) {
  const { t } = useLingui();
  const refresh = useRefresh();
  const options = () => ({
    params: { path: { campaign: campaign.id }, header: ifMatch(campaign) },
  });
  const done = (answer: Stopped | undefined) => {
    onStopped(answer);
    void refresh();
  };
  const pause = useAction(() => call(api.POST('/v1/campaigns/{campaign}/pause', options())), {
    refresh: [],
    onDone: done,
  });
  const cancel = useAction(() => call(api.POST('/v1/campaigns/{campaign}/cancel', options())), {
    refresh: [],
    onDone: done,
  });
  const resume = useAction(() => call(api.POST('/v1/campaigns/{campaign}/resume', options())), {
    refresh: [],
    onDone: () => {
      done(undefined);
      notify(t`Sending goes on.`);
    },
  });
  return { pause, cancel, resume, problem: pause.error ?? cancel.error ?? resume.error };
}

export type Running = ReturnType<typeof useRunning>;

/** The one thing to do next with a campaign that is being sent or paused. */
export function RunningButtons({
  campaign,
  figures,
  running,
}: {
  campaign: Campaign;
  figures: Figures;
  running: Running;
}) {
  const { t } = useLingui();
  const confirm = useConfirm();
  const resume = async () => {
    const text = (
      <>
        <Plural
          value={figures.open}
          one="# message that has not been sent is sent now."
          other="# messages that have not been sent are sent now."
        />{' '}
        <Trans>Nobody gets a message twice.</Trans>
      </>
    );
    if (await confirm({ title: t`Resume sending?`, text, verb: t`Resume` })) running.resume.mutate();
  };
  // The status changes before the act is done, which is when nothing can leave any more.
  if (campaign.status === 'published' || running.pause.isPending) {
    return (
      <Button
        variant="default"
        leftSection={<Icon name="pause" size={16} />}
        loading={running.pause.isPending}
        onClick={() => running.pause.mutate()}
      >
        <Trans>Pause</Trans>
      </Button>
    );
  }
  if (campaign.status === 'paused') {
    return (
      <Button
        leftSection={<Icon name="play" size={16} />}
        loading={running.resume.isPending}
        onClick={() => void resume()}
      >
        <Trans>Resume</Trans>
      </Button>
    );
  }
  return null;
}

/** Asks before a campaign is canceled, with what will never be sent. */
export function useCancel(figures: Figures, running: Running) {
  const { t } = useLingui();
  const confirm = useConfirm();
  return async () => {
    const text = (
      <>
        <Plural value={figures.open} one="# message will never be sent." other="# messages will never be sent." />{' '}
        {figures.sent > 0 && (
          <Plural value={figures.sent} one="The # that was sent stays sent." other="The # that were sent stay sent." />
        )}{' '}
        <Trans>This cannot be taken back; to stop for a while, pause.</Trans>
      </>
    );
    if (await confirm({ title: t`Cancel the campaign?`, text, verb: t`Cancel the campaign`, grave: true })) {
      running.cancel.mutate();
    }
  };
}

/** What pausing or canceling takes so long for, and then what it stopped. */
export function StoppedNote({ running, stopped }: { running: Running; stopped: Stopped | undefined }) {
  const { t } = useLingui();
  if (running.pause.isPending || running.cancel.isPending) {
    return (
      <Banner live tone="busy" icon="clock" title={running.pause.isPending ? t`Pausing…` : t`Canceling…`}>
        <Trans>This takes about five seconds: it is done when no new message can leave any more.</Trans>
      </Banner>
    );
  }
  if (running.problem !== null) return <ProblemNote problem={running.problem} />;
  if (stopped === undefined) return null;
  const { counts, status } = stopped;
  return (
    <Banner live tone="ok" title={status === 'paused' ? t`The campaign is paused` : t`The campaign is canceled`}>
      <Group gap="4px 16px">
        <span>
          {status === 'paused' ? (
            <Trans>
              <Count value={counts.stopped} /> wait until it is resumed.
            </Trans>
          ) : (
            <Trans>
              <Count value={counts.stopped} /> were not sent and never will be.
            </Trans>
          )}
        </span>
        <span>
          <Trans>
            <Count value={counts.sent} /> had been sent.
          </Trans>
        </span>
        {counts.in_flight > 0 && (
          <span>
            <Trans>
              <Count value={counts.in_flight} /> were on their way and may still arrive.
            </Trans>
          </span>
        )}
      </Group>
    </Banner>
  );
}
