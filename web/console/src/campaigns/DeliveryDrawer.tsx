import { msg } from '@lingui/core/macro';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';

import type { Schemas } from '../api';
import { useVendorName } from '../transports/vendors';
import {
  Box,
  Button,
  CopyText,
  Divider,
  Drawer,
  EmptyState,
  Group,
  Icon,
  Loading,
  ProblemNote,
  Stack,
  Text,
  Title,
  useParam,
  When,
  Pending,
} from '../ui';
import { AddressCorrection } from './AddressCorrection';
import { isShort, PersonName } from './DeliveriesGrid';
import { isUnderWay, useDelivery, type Which } from './delivery';
import { DeliveryButtons } from './DeliveryButtons';
import { ChannelMark, FateMark, StateMark } from './Marks';
import { MessageView } from './MessageView';
import { useDuplicate } from './duplicating';
import { adviceOn, onlyByCopy } from './reasons';
import { channels, since } from './words';

type Campaign = Schemas['Campaign'];

/** What became of the message to one person, beside the list it was opened from. */
export function DeliveryDrawer({ campaign }: { campaign: Campaign }) {
  const { t } = useLingui();
  const [open, setOpen] = useParam('delivery', { push: true });
  const [receiver = '', channel = ''] = open.split('.');
  const known = channel in channels && receiver !== '';
  return (
    <Drawer
      opened={open !== ''}
      onClose={() => setOpen(undefined)}
      size="lg"
      title={<Trans>Message to one person</Trans>}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      {known && (
        <OneDelivery
          key={open}
          campaign={campaign}
          which={{ campaign: campaign.id, receiver, channel: channel as Schemas['Channel'] }}
        />
      )}
    </Drawer>
  );
}

function OneDelivery({ campaign, which }: { campaign: Campaign; which: Which }) {
  const { t } = useLingui();
  const { delivery, message, problem, looking } = useDelivery(which, isShort(campaign));
  if (message.error?.status === 404) {
    return <EmptyState icon="question" title={t`This person is not in the campaign`} />;
  }
  return (
    <Stack gap="md">
      {delivery !== undefined ? (
        <Facts campaign={campaign} delivery={delivery} />
      ) : looking || message.isPending ? (
        <Loading rows={4} />
      ) : (
        <Text c="dimmed">
          <Trans>To see the outcome, open the person from the list.</Trans>
        </Text>
      )}
      <ProblemNote problem={problem} />
      <Divider />
      <Box component="section" aria-label={t`The message`}>
        <Title order={3} mb="xs">
          <Trans>The message</Trans>
        </Title>
        {message.data === undefined ? (
          <Pending query={message} rows={5} />
        ) : (
          <Stack gap="xs">
            <Identity matches={message.data.matches ?? undefined} over={isOver(campaign, delivery)} />
            <MessageView channel={which.channel} message={message.data} />
          </Stack>
        )}
      </Box>
    </Stack>
  );
}

/** Whether what is shown is what was sent. */
function Identity({ matches, over }: { matches: boolean | undefined; over: boolean }) {
  return (
    <Text c={matches === false ? 'var(--warn)' : 'dimmed'}>
      {matches === undefined ? (
        over ? (
          <Trans>It was not sent to this person. This is what they would have received.</Trans>
        ) : (
          <Trans>It has not been sent yet. This is what this person will receive.</Trans>
        )
      ) : matches ? (
        <Trans>This is exactly what was handed to the provider.</Trans>
      ) : (
        <Trans>
          What was handed to the provider differs from this: the person’s details, or how messages are written, have
          changed since.
        </Trans>
      )}
    </Text>
  );
}

/** Whether nothing more will come of a message by itself. */
function isOver({ status }: Campaign, delivery: Schemas['Delivery'] | undefined): boolean {
  return delivery === undefined ? status === 'completed' || status === 'canceled' : !isUnderWay(delivery);
}

/** Makes the copy of a campaign by which somebody gets its message after all. */
function DuplicateButton({ campaign }: { campaign: string }) {
  const duplicate = useDuplicate();
  return (
    <Stack gap="xs">
      <Button
        size="xs"
        variant="default"
        leftSection={<Icon name="copy" size={14} />}
        loading={duplicate.isPending}
        onClick={() => duplicate.mutate(campaign)}
      >
        <Trans>Duplicate the campaign</Trans>
      </Button>
      <ProblemNote problem={duplicate.error} />
    </Stack>
  );
}

function Facts({ campaign, delivery }: { campaign: Campaign; delivery: Schemas['Delivery'] }) {
  const { t, i18n } = useLingui();
  const vendorName = useVendorName();
  const { state, reason, attempt, earlier = [], tried = [] } = delivery;
  const advice = adviceOn(campaign.status, state, reason?.code, delivery.fate);
  return (
    <Stack gap="sm">
      <Box>
        <Title order={2} className="clip">
          <PersonName receiver={delivery.receiver} />
        </Title>
        <Group gap="4px 16px" mt={4}>
          <ChannelMark channel={delivery.channel} />
          {delivery.address != null && <Text style={{ overflowWrap: 'anywhere' }}>{delivery.address}</Text>}
        </Group>
      </Box>
      <Group gap="4px 16px">
        <StateMark state={state} />
        {delivery.fate != null && <FateMark fate={delivery.fate} />}
      </Group>
      {(reason != null || advice !== undefined) && (
        <Box>
          {reason != null && (
            <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
              {reason.text}
            </Text>
          )}
          {advice !== undefined && <Text c="dimmed">{i18n._(advice)}</Text>}
        </Box>
      )}
      <Group gap="xs" align="flex-start">
        <DeliveryButtons campaign={campaign} delivery={delivery} />
        <AddressCorrection campaign={campaign} delivery={delivery} />
        {onlyByCopy(campaign.status, delivery) && <DuplicateButton campaign={campaign.id} />}
      </Group>
      {isUnderWay(delivery) && (
        <Text size="sm" c="dimmed">
          <Trans>Its address can be corrected once the message has been sent or has failed.</Trans>
        </Text>
      )}
      <dl style={{ margin: 0 }}>
        {delivery.changed_at != null && (
          <Fact title={i18n._(since[state] ?? msg`Since`)}>
            <When at={delivery.changed_at} exact />
          </Fact>
        )}
        {delivery.fate_at != null && (
          <Fact title={t`Reported by the provider`}>
            <When at={delivery.fate_at} exact />
          </Fact>
        )}
        {delivery.retry_at != null && (
          <Fact title={t`Next attempt`}>
            <When at={delivery.retry_at} exact />
          </Fact>
        )}
        <Fact title={t`Attempts`}>
          <Plural value={attempt} _0="none" one="#" other="#" />
        </Fact>
        {delivery.transport != null && (
          <Fact title={t`Transport`}>
            {delivery.transport}
            {delivery.vendor != null && ` (${vendorName(delivery.vendor)})`}
          </Fact>
        )}
        {delivery.provider_id != null && (
          <Fact title={t`Message ID at the provider`}>
            <CopyText value={delivery.provider_id} label={t`the message ID`} />
          </Fact>
        )}
        {reason != null && (
          <Fact title={t`Reason code`}>
            <CopyText value={reason.code} label={t`the reason code`} />
          </Fact>
        )}
        {tried.length > 0 && (
          <Fact title={t`Also tried`}>
            {tried.map((it) => (
              <div key={`${it.transport} ${it.code}`}>
                {it.transport}: {it.code}
                {it.cost != null && ` (${it.cost})`}
              </div>
            ))}
          </Fact>
        )}
      </dl>
      {earlier.length > 0 && (
        <Box component="section" aria-label={t`Earlier`}>
          <Title order={3} mb="xs">
            <Trans>Before it was sent again</Trans>
          </Title>
          <Stack gap="xs">
            {earlier.map((it) => (
              <Earlier key={`${it.changed_at} ${it.attempt}`} of={it} />
            ))}
          </Stack>
        </Box>
      )}
    </Stack>
  );
}

function Earlier({ of }: { of: Schemas['EarlierDelivery'] }) {
  return (
    <Box pl="sm" style={{ borderLeft: '2px solid var(--line)' }}>
      <Group gap="4px 12px">
        <StateMark state={of.state} />
        {of.fate != null && <FateMark fate={of.fate} />}
        <Text c="dimmed" component="span">
          <When at={of.changed_at} exact />
        </Text>
      </Group>
      {of.address != null && <Text style={{ overflowWrap: 'anywhere' }}>{of.address}</Text>}
      {of.reason != null && <Text style={{ overflowWrap: 'anywhere' }}>{of.reason.text}</Text>}
      {of.transport != null && (
        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {of.transport} {of.provider_id}
        </Text>
      )}
    </Box>
  );
}

function Fact({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div style={{ display: 'flex', gap: 12, padding: '4px 0' }}>
      <dt style={{ flex: '0 0 150px', color: 'var(--mantine-color-dimmed)' }}>{title}</dt>
      <dd style={{ margin: 0, minWidth: 0, overflowWrap: 'anywhere' }}>{children}</dd>
    </div>
  );
}
