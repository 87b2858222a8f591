import { Trans, useLingui } from '@lingui/react/macro';

import type { Schemas } from '../api';
import { Button, FilterChips, Group, Icon, Select, Stack, Text, useParam } from '../ui';
import { AddressSearch } from './AddressSearch';
import { isMoving } from './campaign';
import { DeliveriesGrid, type DeliveryFilter, useDeliveries } from './DeliveriesGrid';
import { skipText } from './reasons';
import { SettleButtons } from './SettleButtons';
import type { Wanted } from './settling';
import { type Figures, figuresOf } from './totals';
import { channels, fates, states } from './words';

type Props = { campaign: Schemas['Campaign']; figures: Figures };

const order = ['pending', 'claimed', 'retrying', 'sent', 'failed', 'unknown', 'skipped', 'canceled'] as const;

/** Everybody whom a campaign is for, filtered by what the address of the page says. */
export function People({ campaign, figures }: Props) {
  const { t, i18n } = useLingui();
  const [state, setState] = useParam('state');
  const [channel, setChannel] = useParam('channel');
  const [fate, setFate] = useParam('fate');
  const [reason, setReason] = useParam('reason');
  const [address, setAddress] = useParam('address');
  const [open] = useParam('delivery');
  const filter = {
    ...(state === '' ? {} : { state }),
    ...(channel === '' ? {} : { channel }),
    ...(fate === '' ? {} : { fate }),
    ...(reason === '' ? {} : { reason }),
    ...(address === '' ? {} : { address }),
  } as DeliveryFilter;
  const deliveries = useDeliveries(campaign.id, filter, { moving: isMoving(campaign) && open === '' });
  const shown = channel === '' ? figures : figuresOf(campaign.totals, channel as Schemas['Channel']);
  const wanted = settledBy(filter);
  const counted =
    reason !== ''
      ? undefined
      : fate === ''
        ? shown[state as Schemas['DeliveryState']]
        : shown.fates[filter.fate ?? 'bounced'];
  return (
    <Stack gap="sm">
      <FilterChips
        label={t`Status`}
        value={state}
        onChange={setState}
        choices={[
          { value: '', label: t`All ${i18n.number(shown.total)}` },
          ...order
            .filter((it) => shown[it] > 0 || it === state)
            .map((it) => ({ value: it, label: `${i18n._(states[it].title)} ${i18n.number(shown[it])}` })),
        ]}
      />
      <Group gap="sm" align="flex-start">
        <AddressSearch
          value={address}
          onSearch={setAddress}
          problem={deliveries.error?.of('address')}
          label={t`Email address or phone number`}
        />
        {campaign.channels.length > 1 && (
          <Select
            aria-label={t`Channel`}
            value={channel}
            onChange={(it) => setChannel(it ?? '')}
            data={[
              { value: '', label: t`All channels` },
              ...campaign.channels.map((it) => ({ value: it, label: i18n._(channels[it].title) })),
            ]}
            style={{ flex: '1 1 130px', maxWidth: 180 }}
          />
        )}
        <Select
          aria-label={t`Outcome`}
          value={fate}
          onChange={(it) => setFate(it ?? '')}
          data={[
            { value: '', label: t`All outcomes` },
            ...Object.entries(fates).map(([value, { title }]) => ({ value, label: i18n._(title) })),
          ]}
          style={{ flex: '1 1 130px', maxWidth: 180 }}
        />
        {isMoving(campaign) && (deliveries.data?.pages.length ?? 0) > 2 && (
          <Button variant="default" onClick={() => void deliveries.refetch()} loading={deliveries.isRefetching}>
            <Trans>Refresh</Trans>
          </Button>
        )}
      </Group>
      {reason !== '' && (
        <Group gap="xs">
          <Text>
            <Trans>
              Only people with this reason: <b>{reasonText(deliveries, reason, i18n._.bind(i18n))}</b>
            </Trans>
          </Text>
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<Icon name="cross" size={14} />}
            onClick={() => setReason('')}
          >
            <Trans>Show all reasons</Trans>
          </Button>
        </Group>
      )}
      {wanted !== undefined && address === '' && <SettleButtons campaign={campaign} wanted={wanted} count={counted} />}
      <DeliveriesGrid
        deliveries={deliveries}
        filtered={Object.keys(filter).length > 0}
        channels={campaign.channels.length > 1}
      />
    </Stack>
  );
}

/** The messages that are listed, as those to send again or to close. Of what was sent, only what came back. */
function settledBy({ state, channel, reason, fate }: DeliveryFilter): Wanted | undefined {
  const rest = { ...(channel === undefined ? {} : { channel }), ...(reason === undefined ? {} : { reason }) };
  if (fate === 'bounced' && (state === undefined || state === 'sent')) return { state: 'sent', fate, ...rest };
  return state === undefined || fate !== undefined ? undefined : { state, ...rest };
}

/** A reason in words: ours for what was skipped, else that of the first person, else its code. */
function reasonText(
  deliveries: ReturnType<typeof useDeliveries>,
  code: string,
  translate: (it: NonNullable<ReturnType<typeof skipText>>) => string,
): string {
  const own = skipText(code);
  if (own !== undefined) return translate(own);
  return (
    deliveries.data?.pages.flatMap((it) => it.deliveries).find((it) => it.reason?.code === code)?.reason?.text ?? code
  );
}
