import { Trans, useLingui } from '@lingui/react/macro';
import { type FormEvent, useEffect, useState } from 'react';

import { api, asProblem, call, type Problem } from '../api';
import { howSessionEnded, signIn } from '../api/session';
import {
  Banner,
  Box,
  Button,
  Center,
  Checkbox,
  Group,
  Icon,
  Paper,
  PasswordInput,
  ProblemNote,
  Stack,
  Text,
  Title,
} from '../ui';

/** Signing in with an API key. */
export function SignIn() {
  const { t } = useLingui();
  const [key, setKey] = useState('');
  const [remember, setRemember] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | undefined>();
  const ended = howSessionEnded();
  useEffect(() => {
    document.title = `${t`Sign in`} – Carillon`;
  }, [t]);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const given = key.trim();
    if (given === '') {
      setProblem(undefined);
      return;
    }
    setBusy(true);
    try {
      await call(api.GET('/v1/tenant', { headers: { Authorization: `Bearer ${given}` } }));
      signIn(given, remember);
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  }

  const refused = problem?.status === 401 || problem?.status === 400;
  return (
    <Center component="main" mih="100dvh" p="md">
      <Paper withBorder p="xl" w="100%" maw={420}>
        <form onSubmit={(event) => void submit(event)}>
          <Stack>
            <Group gap="xs">
              <Icon name="bell" size={28} color="var(--mantine-primary-color-filled)" />
              <Title order={1}>Carillon</Title>
            </Group>
            {ended === 'refused' && problem === undefined && (
              <Banner tone="warn" title={t`Please sign in again`}>
                <Trans>The API key is no longer accepted. It may have expired or been revoked.</Trans>
              </Banner>
            )}
            <PasswordInput
              label={t`API key`}
              description={t`Ask whoever runs Carillon in your organization for a key.`}
              value={key}
              onChange={(event) => setKey(event.currentTarget.value)}
              error={refused ? t`This key is not accepted. Check that it is complete.` : undefined}
              autoComplete="off"
              spellCheck={false}
              required
              data-autofocus
              autoFocus
            />
            <Checkbox
              label={t`Keep me signed in until I close this tab`}
              checked={remember}
              onChange={(event) => setRemember(event.currentTarget.checked)}
            />
            {!refused && <ProblemNote problem={problem} />}
            <Button type="submit" loading={busy} fullWidth>
              <Trans>Sign in</Trans>
            </Button>
            <Box>
              <Text size="xs" c="dimmed">
                <Trans>The key is kept in this tab only and never appears in a web address.</Trans>
              </Text>
            </Box>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
