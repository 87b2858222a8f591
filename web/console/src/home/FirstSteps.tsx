import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { get } from '../api';
import { Box, ButtonLink, Group, Icon, Paper, Stack, Text, Title } from '../ui';

/** What somebody does first who has sent nothing yet. */
export function FirstSteps() {
  const { t } = useLingui();
  const transports = useQuery(get('/v1/transports'));
  const ready = (transports.data?.transports ?? []).some(({ enabled }) => enabled);
  return (
    <Paper withBorder p="lg">
      <Stack gap="md">
        <Box>
          <Title order={2}>
            <Trans>Three steps to the first campaign</Trans>
          </Title>
          <Text c="dimmed">
            <Trans>Nothing is sent until you confirm it in the last step.</Trans>
          </Text>
        </Box>
        <Stack component="ol" gap="md" m={0} p={0} style={{ listStyle: 'none' }}>
          <Step
            number={1}
            done={ready}
            title={t`Set up a transport`}
            action={
              <ButtonLink to="/transports" variant="default" size="xs">
                {ready ? t`View transports` : t`Set up a transport`}
              </ButtonLink>
            }
          >
            {ready ? (
              <Trans>You have an account to send messages through.</Trans>
            ) : (
              <Trans>The account at a provider through which email, SMS, WhatsApp or push is sent.</Trans>
            )}
          </Step>
          <Step
            number={2}
            title={t`Get your contacts ready`}
            action={
              <ButtonLink to="/imports" variant="default" size="xs">
                <Trans>Import a file</Trans>
              </ButtonLink>
            }
          >
            <Trans>A CSV file with names and addresses, or type a few by hand while you compose.</Trans>
          </Step>
          <Step
            number={3}
            title={t`Compose and send`}
            action={
              <ButtonLink to="/compose" size="xs">
                <Trans>Compose</Trans>
              </ButtonLink>
            }
          >
            <Trans>Write the message, preview it, check the numbers, send.</Trans>
          </Step>
        </Stack>
      </Stack>
    </Paper>
  );
}

type Props = { number: number; done?: boolean; title: string; action: ReactNode; children: ReactNode };

function Step({ number, done = false, title, action, children }: Props) {
  const { t } = useLingui();
  return (
    <Group component="li" justify="space-between" gap="sm">
      <Group gap="sm" wrap="nowrap" align="flex-start" style={{ flex: '1 1 260px' }}>
        <Box
          w={28}
          h={28}
          fw={600}
          style={{
            flex: 'none',
            display: 'grid',
            placeItems: 'center',
            borderRadius: '50%',
            background: 'var(--quiet)',
          }}
        >
          {done ? <Icon name="check" size={16} color="var(--ok)" /> : number}
        </Box>
        <Box>
          <Text fw={600}>
            {title}
            {done && (
              <Text span c="var(--ok)" fw={500}>
                {' '}
                {t`Done`}
              </Text>
            )}
          </Text>
          <Text c="dimmed">{children}</Text>
        </Box>
      </Group>
      {action}
    </Group>
  );
}
