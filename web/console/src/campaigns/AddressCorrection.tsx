import { Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';

import { api, call, type Schemas, useAction } from '../api';
import { Button, Group, notify, ProblemNote, Stack, Text, TextInput } from '../ui';
import { useRefresh } from './campaign';
import { correctable } from './reasons';

type Props = { campaign: Schemas['Campaign']; delivery: Schemas['Delivery'] };

const fields = { email: 'email', sms: 'mobile', whatsapp: 'mobile', push: 'push' } as const;

/** Corrects the address of a person whose message is final; it is sent again to the new one. */
export function AddressCorrection({ campaign, delivery }: Props) {
  const { t } = useLingui();
  const refresh = useRefresh();
  const [typed, setTyped] = useState<string>();
  const [unchanged, setUnchanged] = useState(false);
  const field = fields[delivery.channel];
  const correct = useAction(
    async (address: string) => {
      await call(
        api.PATCH('/v1/campaigns/{campaign}/receivers/{receiver}', {
          params: { path: { campaign: campaign.id, receiver: delivery.receiver.id } },
          body: { [field]: address },
        }),
      );
      // The form stays until what came of the message is known.
      await refresh();
    },
    {
      refresh: [],
      onDone: () => {
        setTyped(undefined);
        notify(
          campaign.status === 'paused'
            ? t`The address is corrected. The message will be sent to it when the campaign is resumed.`
            : t`The address is corrected, and the message is being sent to it.`,
        );
      },
    },
  );
  if (!correctable(campaign.status, delivery)) return null;
  if (typed === undefined) {
    return (
      <Button size="xs" variant="default" onClick={() => setTyped(delivery.address ?? '')}>
        <Trans>Correct the address</Trans>
      </Button>
    );
  }
  return (
    <form
      style={{ flex: '1 1 100%' }}
      onSubmit={(event) => {
        event.preventDefault();
        const address = typed.trim();
        setUnchanged(address === delivery.address);
        if (address !== delivery.address) correct.mutate(address);
      }}
    >
      <Stack gap="xs">
        <TextInput
          label={field === 'email' ? t`Email address` : t`Phone number`}
          type={field === 'email' ? 'email' : 'tel'}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          error={unchanged ? t`The message went to this address. Type the right one.` : correct.error?.of(field)}
          autoFocus
        />
        <Text size="sm" c="dimmed">
          <Trans>
            The message is sent to the new address right away, on every channel that uses it. Earlier messages stay in
            the log.
          </Trans>{' '}
          {delivery.state === 'sent' && delivery.fate !== 'bounced' && (
            <Trans>What already went to the old address cannot be taken back.</Trans>
          )}
        </Text>
        <Group gap="xs">
          <Button type="submit" size="xs" loading={correct.isPending}>
            <Trans>Correct and send</Trans>
          </Button>
          <Button size="xs" variant="default" onClick={() => setTyped(undefined)}>
            <Trans>Not now</Trans>
          </Button>
        </Group>
        <ProblemNote problem={correct.error?.of(field) === undefined ? correct.error : undefined} />
      </Stack>
    </form>
  );
}
