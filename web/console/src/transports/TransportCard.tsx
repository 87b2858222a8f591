import { Trans } from '@lingui/react/macro';

import type { Schemas } from '../api';
import { Badge, Group, Paper, Stack, Text, TextLink, Tooltip } from '../ui';
import { DailyUse } from './DailyUse';
import { senderOf } from './sender';
import { StandingMark, StandingReason } from './Standing';
import { useVendorName } from './vendors';

/** An account: whose it is, what it sends as, whether it works, and how much of it is used. */
export function TransportCard({ transport }: { transport: Schemas['Transport'] }) {
  const vendorName = useVendorName();
  const sender = senderOf(transport);
  return (
    <Paper withBorder p="md" component="article" aria-label={transport.id}>
      <Stack gap={8}>
        <Group justify="space-between" wrap="nowrap" align="flex-start" gap="xs">
          <TextLink to={`/transports/${transport.id}`} fw={600} size="md">
            {transport.id}
          </TextLink>
          {transport.in_use ? (
            <Badge variant="light" tt="none" style={{ flex: 'none' }}>
              <Trans>In use</Trans>
            </Badge>
          ) : (
            <Tooltip label={<Trans>Another account of the channel is used, unless a route names this one.</Trans>}>
              <Badge variant="default" tt="none" style={{ flex: 'none' }} tabIndex={0}>
                <Trans>Spare</Trans>
              </Badge>
            </Tooltip>
          )}
        </Group>
        <Text c="dimmed" component="div" className="clip">
          {vendorName(transport.vendor)}
          {sender !== undefined && (
            <>
              {' · '}
              <bdi>{sender}</bdi>
            </>
          )}
        </Text>
        <StandingMark transport={transport} />
        <StandingReason transport={transport} />
        <DailyUse transport={transport} />
      </Stack>
    </Paper>
  );
}
