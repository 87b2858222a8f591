import { Trans, useLingui } from '@lingui/react/macro';
import { useQueryClient } from '@tanstack/react-query';

import { api, call, ifMatch, type Schemas, useAction } from '../../api';
import { Banner, Button, Group, Icon, notify, ProblemNote, Stack, Text, useConfirm, useParam, When } from '../../ui';
import { campaignQuery, useComposed } from '../draft/useDraft';
import { PreviewPanel } from './PreviewPanel';
import { ScheduleForm } from './ScheduleForm';
import { clockAt, ownZone } from './wallClock';

/** A campaign that waits for its time: it can be moved or taken back. */
export function Scheduled() {
  const { t, i18n } = useLingui();
  const { campaign } = useComposed();
  const client = useQueryClient();
  const confirm = useConfirm();
  const [moving, setMoving] = useParam('move');
  const [receiver, setReceiver] = useParam('receiver');
  const took = (changed: Schemas['Campaign']) => {
    client.setQueryData(campaignQuery(campaign.id).queryKey, changed);
    void client.invalidateQueries({ queryKey: ['/v1/campaigns'] });
  };
  const move = useAction(
    (time: { local_time: string; time_zone: string }) =>
      call(
        api.POST('/v1/campaigns/{campaign}/schedule', {
          params: { path: { campaign: campaign.id }, header: ifMatch(campaign) },
          body: time,
        }),
      ),
    {
      refresh: [],
      onDone: (changed) => {
        took(changed);
        setMoving('');
        notify(t`The campaign was moved.`);
      },
    },
  );
  const takeBack = useAction(
    () => call(api.POST('/v1/campaigns/{campaign}/unschedule', { params: { path: { campaign: campaign.id } } })),
    {
      refresh: [],
      onDone: (changed) => {
        took(changed);
        notify(t`The campaign is a draft again.`);
      },
    },
  );
  const { schedule } = campaign;
  const at = schedule?.at ?? campaign.scheduled_for ?? campaign.updated_at;
  const zone = schedule?.time_zone ?? ownZone();
  const local = clockAt(new Date(at), zone);
  const shown = i18n.date(new Date(at), { timeZone: zone, dateStyle: 'full', timeStyle: 'short' });
  const ask = async () => {
    const yes = await confirm({
      title: t`Unschedule this campaign?`,
      text: t`It will not be sent as scheduled. It becomes a draft again, with its message and all receivers.`,
      verb: t`Unschedule`,
    });
    if (yes) takeBack.mutate();
  };
  return (
    <Stack gap="lg">
      {campaign.stalled.map((it) => (
        <Banner key={it.code} tone="bad" title={it.text} />
      ))}
      <Banner
        tone="busy"
        icon="clock"
        title={
          <Trans>
            Will be sent on {shown} ({zone}), <When at={at} beside />
          </Trans>
        }
      >
        <Trans>To change the message or the receivers, unschedule it first.</Trans>
      </Banner>
      <Group>
        <Button
          variant={moving === '' ? 'filled' : 'default'}
          leftSection={<Icon name="clock" size={16} />}
          onClick={() => setMoving(moving === '' ? 'yes' : '')}
          aria-expanded={moving !== ''}
        >
          {moving === '' ? t`Move` : t`Keep the time`}
        </Button>
        <Button
          variant="default"
          leftSection={<Icon name="undo" size={16} />}
          loading={takeBack.isPending}
          onClick={() => void ask()}
        >
          <Trans>Unschedule</Trans>
        </Button>
      </Group>
      <ProblemNote problem={takeBack.error} />
      {moving !== '' && (
        <>
          <ProblemNote problem={move.error} shown={['local_time', 'time_zone']} />
          <ScheduleForm
            verb={t`Move to this time`}
            pending={move.isPending}
            problem={move.error}
            at={{ local_time: `${local.date}T${local.time}`, time_zone: zone }}
            onSubmit={move.mutate}
          />
        </>
      )}
      {(campaign.schedule_changes ?? []).length > 0 && (
        <Text size="xs" c="dimmed" component="div">
          {campaign.schedule_changes?.map((it) => (
            <div key={it.at}>
              {it.moved_to == null ? (
                <Trans>
                  Unscheduled <When at={it.at} />
                </Trans>
              ) : (
                <Trans>
                  Moved <When at={it.at} /> from <When at={it.was} exact />
                </Trans>
              )}
            </div>
          ))}
        </Text>
      )}
      <PreviewPanel receiver={receiver} onReceiver={setReceiver} />
    </Stack>
  );
}
