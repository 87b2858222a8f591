import { Plural, Trans, useLingui } from '@lingui/react/macro';

import { api, call, ifMatch, type Schemas, useAction } from '../api';
import { Banner, Button, Group, Icon, notify, ProblemNote, useConfirm } from '../ui';
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
      notify(t`Sending has resumed.`);
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
          one="# unsent message will be sent now."
          other="# unsent messages will be sent now."
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
          <Plural
            value={figures.sent}
            one="# message has already been sent."
            other="# messages have already been sent."
          />
        )}{' '}
        <Trans>This cannot be undone. To stop for a while, pause the campaign instead.</Trans>
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
        <Trans>This takes about five seconds. After that, no new message is sent.</Trans>
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
            <Plural
              value={counts.stopped}
              one="# message will wait until sending is resumed."
              other="# messages will wait until sending is resumed."
            />
          ) : (
            <Plural
              value={counts.stopped}
              one="# message was not sent and never will be."
              other="# messages were not sent and never will be."
            />
          )}
        </span>
        <span>
          <Plural value={counts.sent} one="# message was already sent." other="# messages were already sent." />
        </span>
        {counts.in_flight > 0 && (
          <span>
            <Plural
              value={counts.in_flight}
              one="# message was on its way and may still arrive."
              other="# messages were on their way and may still arrive."
            />
          </span>
        )}
      </Group>
    </Banner>
  );
}
