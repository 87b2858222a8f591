import { Trans, useLingui } from '@lingui/react/macro';

import { api, call, type Schemas, useAction } from '../api';
import { Button, Group, notify, ProblemNote, Stack, useConfirm } from '../ui';
import { useRefresh } from './campaign';
import { settleable } from './reasons';

type Props = { campaign: Schemas['Campaign']; delivery: Schemas['Delivery'] };

/** What can be done about the message to one person. */
export function DeliveryButtons({ campaign, delivery }: Props) {
  const { t } = useLingui();
  const confirm = useConfirm();
  const refresh = useRefresh();
  const { state, fate, reason, channel, receiver } = delivery;
  const can = settleable(campaign.status, { state, fate, reason: reason?.code });
  const options = { params: { path: { campaign: campaign.id, receiver: receiver.id, channel } } };
  const done = (said: string) => {
    notify(said);
    void refresh();
  };
  const resend = useAction(
    () => call(api.POST('/v1/campaigns/{campaign}/deliveries/{receiver}/{channel}/resend', options)),
    {
      refresh: [],
      onDone: () =>
        done(
          campaign.status === 'paused'
            ? t`The message will be sent when the campaign is resumed.`
            : t`The message is being sent again.`,
        ),
    },
  );
  const assume = useAction(
    () => call(api.POST('/v1/campaigns/{campaign}/deliveries/{receiver}/{channel}/assume-sent', options)),
    { refresh: [], onDone: () => done(t`The message now counts as sent.`) },
  );
  if (!can.resend && !can.assume) return <ProblemNote problem={resend.error ?? assume.error} />;
  const sendAgain = async () => {
    const text =
      state === 'unknown'
        ? t`The first message may have arrived. If it did, this person gets it twice.`
        : t`This person has not received the message yet.`;
    if (await confirm({ title: t`Send again?`, text, verb: t`Send again` })) resend.mutate();
  };
  const assumeSent = async () => {
    const text = t`Nothing is sent. If the message did not arrive, this person will not receive it.`;
    if (await confirm({ title: t`Assume that it was sent?`, text, verb: t`Assume sent`, grave: true })) assume.mutate();
  };
  return (
    <Stack gap="xs">
      <Group gap="xs">
        {can.resend && (
          <Button size="xs" variant="default" loading={resend.isPending} onClick={() => void sendAgain()}>
            <Trans>Send again</Trans>
          </Button>
        )}
        {can.assume && (
          <Button size="xs" variant="default" loading={assume.isPending} onClick={() => void assumeSent()}>
            <Trans>Assume sent</Trans>
          </Button>
        )}
      </Group>
      <ProblemNote problem={resend.error ?? assume.error} />
    </Stack>
  );
}
