import { plural } from '@lingui/core/macro';
import { Trans, useLingui } from '@lingui/react/macro';
import { useQueryClient } from '@tanstack/react-query';

import { api, call, get, type Schemas, useAction } from '../api';
import { channels as known } from '../campaigns/words';
import { Banner, Button, Group, ProblemNote, Stack, Text, useConfirm } from '../ui';
import { refreshReceivers } from './uploads';
import { keepJob, type Switched } from './useSwitching';

type Channel = Schemas['Channel'];

type Props = {
  campaign: Schemas['Campaign'];
  channels: Channel[];
  /** The last job that switched everybody. */
  job: Schemas['Job'] | undefined;
  /** Whether only some receivers are shown; a switch is for all of them. */
  filtered: boolean;
};

/** A switch of each channel for all receivers at once, and how far the last one is. */
export function SwitchEverybody({ campaign, channels, job, filtered }: Props) {
  const { t, i18n } = useLingui();
  const client = useQueryClient();
  const confirm = useConfirm();
  const path = { campaign: campaign.id };
  const change = useAction(
    (body: Switched) => call(api.POST('/v1/campaigns/{campaign}/receivers/switch', { params: { path }, body })),
    {
      refresh: [],
      onDone: (started, body) => {
        keepJob(client, started, body);
        void client.invalidateQueries({ queryKey: get('/v1/campaigns/{campaign}', { params: { path } }).queryKey });
      },
    },
  );
  const { receivers } = campaign.totals;
  const running = job?.status === 'running';
  const ask = async (channel: Channel, on: boolean) => {
    if (running) {
      document.getElementById('switching')?.focus();
      return;
    }
    const title = i18n._(known[channel].title);
    const yes = await confirm({
      title: on
        ? t`${plural(receivers, { one: `Switch ${title} on for # receiver?`, other: `Switch ${title} on for all # receivers?` })}`
        : t`${plural(receivers, { one: `Switch ${title} off for # receiver?`, other: `Switch ${title} off for all # receivers?` })}`,
      text: (
        <Stack gap={4}>
          <Text>
            {on ? (
              <Trans>
                People who were switched off get it again. It stays off for people without an address for it, with the
                same address as somebody else, or with a landline.
              </Trans>
            ) : (
              <Trans>
                Nobody gets it on this channel unless you switch it on again. Which people were switched off before will
                not be remembered.
              </Trans>
            )}
          </Text>
          {filtered && (
            <Text>
              <Trans>This applies to everyone, not only to those found by your search.</Trans>
            </Text>
          )}
          <Text>
            <Trans>The campaign cannot be sent until this is done.</Trans>
          </Text>
        </Stack>
      ),
      verb: on ? t`Switch on` : t`Switch off`,
    });
    if (!yes) return;
    change.mutate(
      { channel, on },
      // Somebody else was quicker: what they do is shown.
      { onError: (problem) => problem.kind === 'loading' && void refreshReceivers(client, campaign.id) },
    );
  };
  if (receivers === 0) return null;
  return (
    <Stack gap="xs">
      <Group gap="lg" role="group" aria-label={t`For everyone`} style={{ rowGap: 4 }}>
        {channels.map((channel) => {
          const title = i18n._(known[channel].title);
          return (
            <Group key={channel} gap={6} wrap="nowrap">
              <Text size="sm">{title}</Text>
              <Button
                size="compact-sm"
                variant="default"
                loading={change.isPending && change.variables.channel === channel && change.variables.on}
                aria-label={t`${title}: all on`}
                onClick={() => void ask(channel, true)}
              >
                <Trans>All on</Trans>
              </Button>
              <Button
                size="compact-sm"
                variant="default"
                loading={change.isPending && change.variables.channel === channel && !change.variables.on}
                aria-label={t`${title}: all off`}
                onClick={() => void ask(channel, false)}
              >
                <Trans>All off</Trans>
              </Button>
            </Group>
          );
        })}
      </Group>
      {change.error?.kind === 'loading' ? (
        !running && (
          <Banner live tone="warn" title={<Trans>Nothing was switched</Trans>}>
            <Trans>A channel is still being switched for everyone. Wait a moment, then try again.</Trans>
          </Banner>
        )
      ) : (
        <ProblemNote problem={change.error} />
      )}
    </Stack>
  );
}
