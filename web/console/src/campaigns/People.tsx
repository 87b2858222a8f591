import { Plural, Trans, useLingui } from '@lingui/react/macro';

import { rowsOf, type Schemas } from '../api';
import { Button, EmptyState, FilterChips, Group, Icon, Select, Stack, Text, useParam } from '../ui';
import { isMoving } from './campaign';
import { DeliveriesGrid, type DeliveryFilter, useDeliveries } from './DeliveriesGrid';
import { FoundPeople } from './FoundPeople';
import { PersonSearch } from './PersonSearch';
import { skipText } from './reasons';
import { SettleButtons } from './SettleButtons';
import type { Wanted } from './settling';
import { type Figures, figuresOf } from './totals';
import { channels, fates, states } from './words';

type Props = { campaign: Schemas['Campaign']; figures: Figures };

const order = ['pending', 'claimed', 'retrying', 'sent', 'failed', 'unknown', 'skipped', 'canceled'] as const;

/** Everybody whom a campaign is for: found by their names or addresses, or filtered by what became of their messages. */
export function People({ campaign, figures }: Props) {
  const [search, setSearch] = useParam('search');
  const [open] = useParam('delivery');
  const moving = isMoving(campaign) && open === '';
  const people = campaign.totals.receivers;
  return (
    <Stack gap="sm">
      <Group gap="4px 16px">
        <PersonSearch value={search} onChange={setSearch} />
        {campaign.channels.length > 1 && (
          <Text c="dimmed">
            <Plural value={people} one="# person" other="# people" />,{' '}
            <Plural value={figures.total} one="# message" other="# messages" />:{' '}
            <Trans>one row for each person and channel.</Trans>
          </Text>
        )}
      </Group>
      {search.trim() === '' ? (
        <Filtered campaign={campaign} figures={figures} moving={moving} />
      ) : (
        <FoundPeople campaign={campaign} words={search} moving={moving} />
      )}
    </Stack>
  );
}

/** The messages that match what the address of the page says. */
function Filtered({ campaign, figures, moving }: Props & { moving: boolean }) {
  const { t, i18n } = useLingui();
  const [state, setState] = useParam('state');
  const [channel, setChannel] = useParam('channel');
  const [fate, setFate] = useParam('fate');
  const [reason, setReason] = useParam('reason');
  const filter = {
    ...(state === '' ? {} : { state }),
    ...(channel === '' ? {} : { channel }),
    ...(fate === '' ? {} : { fate }),
    ...(reason === '' ? {} : { reason }),
  } as DeliveryFilter;
  const isFiltered = Object.keys(filter).length > 0;
  const deliveries = useDeliveries(campaign.id, filter, { moving });
  const shown = channel === '' ? figures : figuresOf(campaign.totals, channel as Schemas['Channel']);
  const wanted = settledBy(filter);
  const counted =
    reason !== ''
      ? undefined
      : fate === ''
        ? shown[state as Schemas['DeliveryState']]
        : shown.fates[filter.fate ?? 'bounced'];
  return (
    <>
      <Group gap="8px 16px" justify="space-between">
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
        <Group gap="xs" wrap="nowrap" style={{ flex: '0 1 340px' }}>
          {campaign.channels.length > 1 && (
            <Select
              aria-label={t`Channel`}
              value={channel}
              onChange={(it) => setChannel(it ?? '')}
              data={[
                { value: '', label: t`All channels` },
                ...campaign.channels.map((it) => ({ value: it, label: i18n._(channels[it].title) })),
              ]}
              style={{ flex: '1 1 130px' }}
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
            style={{ flex: '1 1 130px' }}
          />
        </Group>
      </Group>
      {isMoving(campaign) && (deliveries.data?.pages.length ?? 0) > 2 && (
        <Group gap="xs">
          <Text c="dimmed">
            <Trans>This list is long, so it is not updated by itself.</Trans>
          </Text>
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<Icon name="refresh" size={14} />}
            onClick={() => void deliveries.refetch()}
            loading={deliveries.isRefetching}
          >
            <Trans>Refresh</Trans>
          </Button>
        </Group>
      )}
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
      {wanted !== undefined && <SettleButtons campaign={campaign} wanted={wanted} count={counted} />}
      <DeliveriesGrid
        rows={rowsOf(deliveries, (page) => page.deliveries)}
        channels={campaign.channels.length > 1}
        empty={
          isFiltered ? (
            <EmptyState icon="search" title={t`No matches`}>
              <Trans>Remove a filter to see more people.</Trans>
            </EmptyState>
          ) : (
            <EmptyState icon="people" title={t`This campaign has no receivers`} />
          )
        }
      />
    </>
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
