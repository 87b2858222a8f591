import { Plural, Trans, useLingui } from '@lingui/react/macro';

import type { Schemas } from '../api';
import { Button, Count, Group, notify, ProblemNote, Stack, Text, useConfirm } from '../ui';
import { settleable } from './reasons';
import { useSettle, type Wanted } from './settling';

type Props = {
  campaign: Schemas['Campaign'];
  /** Which messages the buttons are for. */
  wanted: Wanted;
  /** How many these are, as far as it is known. */
  count: number | undefined;
};

/** Sends all messages that match again, or assumes that they were sent. Nothing is drawn where neither is possible. */
export function SettleButtons({ campaign, wanted, count }: Props) {
  const { t } = useLingui();
  const confirm = useConfirm();
  const can = settleable(campaign.status, wanted);
  const resend = useSettle(campaign.id, 'resend', (changed) =>
    notify(
      changed === 0
        ? t`Nothing was sent again: the messages have changed in the meantime, or their addresses are suppressed.`
        : t`Being sent again: ${changed}`,
    ),
  );
  const assume = useSettle(campaign.id, 'assume-sent', (changed) => notify(t`Assumed to be sent: ${changed}`));
  if ((!can.resend && !can.assume) || count === 0) return null;
  const busy = resend.isPending || assume.isPending;

  const sendAgain = async () => {
    const text = (
      <>
        {count === undefined ? (
          <Trans>All matching messages are sent again.</Trans>
        ) : (
          <Plural value={count} one="# message is sent again." other="# messages are sent again." />
        )}{' '}
        {wanted.state === 'unknown' && (
          <Trans>The first messages may have arrived. If they did, these people get the message twice.</Trans>
        )}
        {wanted.state === 'failed' && <Trans>None of these people have received it yet.</Trans>}
        {wanted.state === 'sent' && <Trans>The first messages bounced. Suppressed addresses are skipped.</Trans>}
        {wanted.state === 'skipped' && <Trans>Addresses that are still suppressed are skipped.</Trans>}{' '}
        {campaign.status === 'paused' && <Trans>They will be sent when the campaign is resumed.</Trans>}
      </>
    );
    if (await confirm({ title: t`Send again?`, text, verb: t`Send again` })) resend.mutate(wanted);
  };
  const assumeSent = async () => {
    const text = (
      <>
        {count !== undefined && (
          <Plural value={count} one="# message will count as sent." other="# messages will count as sent." />
        )}{' '}
        <Trans>Nothing is sent. People who did not get it will not receive it.</Trans>
      </>
    );
    if (await confirm({ title: t`Assume that they were sent?`, text, verb: t`Assume sent`, grave: true })) {
      assume.mutate(wanted);
    }
  };
  return (
    <Stack gap="xs">
      <Group gap="xs">
        {can.resend && (
          <Button
            size="xs"
            variant="default"
            loading={resend.isPending}
            disabled={busy}
            onClick={() => void sendAgain()}
          >
            <Trans>Send again</Trans>
          </Button>
        )}
        {can.assume && (
          <Button
            size="xs"
            variant="default"
            loading={assume.isPending}
            disabled={busy}
            onClick={() => void assumeSent()}
          >
            <Trans>Assume sent</Trans>
          </Button>
        )}
        {busy && (
          <Text c="dimmed" role="status">
            <Trans>
              Working: <Count value={resend.isPending ? resend.changed : assume.changed} /> so far
            </Trans>
          </Text>
        )}
      </Group>
      <ProblemNote problem={resend.error ?? assume.error} />
    </Stack>
  );
}
