import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { channels } from '../campaigns/words';
import { Box, Count, Group, Icon, Paper, Stack, Text, TextLink, Title } from '../ui';
import { CostRange } from './confirm/CostRange';
import { preflightQuery } from './confirm/preflightQuery';
import { useComposed } from './draft/useDraft';
import { languageName } from '../content/editor/languages';
import type { Gap } from './steps';
import { TodoCount, useTodo } from './todo';

/** The whole campaign at a glance, beside the steps. */
export function Summary({ gaps }: { gaps: Gap[] }) {
  const { t, i18n } = useLingui();
  const { campaign, fields, switching } = useComposed();
  const preflight = useQuery({ ...preflightQuery(campaign.id), enabled: false });
  const tags = Object.keys(fields.content.languages ?? {});
  const main = fields.content.language;
  const languages = [
    main == null ? t`Main language` : languageName(main, i18n.locale),
    ...tags.map((it) => languageName(it, i18n.locale)),
  ];
  const { todo, isChecked } = useTodo(gaps);
  const cost = preflight.data?.campaign_version === campaign.version ? preflight.data.cost : undefined;
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Title order={2} fz="md">
          <Trans>Summary</Trans>
        </Title>
        <Row title={t`Channels`}>
          {fields.channels.length === 0 ? <Trans>None yet</Trans> : null}
          {fields.channels.map((channel) => {
            const bare = campaign.flags.some((it) => it.channel === channel && it.code === 'no_transport');
            return (
              <Group key={channel} gap={6} wrap="nowrap">
                <Icon
                  name={bare ? 'attention' : channels[channel].icon}
                  size={16}
                  color={bare ? 'var(--warn)' : undefined}
                />
                {bare ? t`${i18n._(channels[channel].title)}, no transport` : i18n._(channels[channel].title)}
              </Group>
            );
          })}
        </Row>
        {(main != null || tags.length > 0) && <Row title={t`Languages`}>{languages.join(', ')}</Row>}
        <Row title={t`Receivers`}>
          <Count value={campaign.totals.receivers} />
          {campaign.loading && switching?.status !== 'running' && (
            <>
              {' '}
              <Trans>and more are being added</Trans>
            </>
          )}
        </Row>
        {!(campaign.status === 'scheduled' && cost === undefined) && (
          <Row title={t`Cost`}>
            {cost === undefined ? (
              <Trans>Estimated in the last step</Trans>
            ) : cost === null ? (
              <Trans>No prices are set</Trans>
            ) : (
              <CostRange cost={cost} />
            )}
          </Row>
        )}
        {campaign.status !== 'scheduled' && (
          <Row title={t`To do`}>
            {todo.length === 0 ? (
              <Group gap={6} wrap="nowrap">
                <Icon name="check" size={16} color="var(--ok)" />
                {isChecked ? <Trans>Nothing, ready to send</Trans> : <Trans>Nothing so far</Trans>}
              </Group>
            ) : (
              todo.map((it) => (
                <div key={it.key}>
                  <TextLink to={it.to}>{it.text}</TextLink>
                </div>
              ))
            )}
          </Row>
        )}
        <Text size="xs" c="dimmed">
          {campaign.status === 'scheduled' ? (
            <Trans>Nothing is sent before the scheduled time.</Trans>
          ) : (
            <Trans>Nothing is sent until you confirm it in the last step.</Trans>
          )}
        </Text>
      </Stack>
    </Paper>
  );
}

/** The same in one line, for phones: it opens the whole. */
export function FoldedSummary({ gaps }: { gaps: Gap[] }) {
  const { campaign } = useComposed();
  const left = useTodo(gaps);
  return (
    <details>
      <summary>
        <Text component="span" size="sm">
          <Trans>Summary</Trans>: <Plural value={campaign.totals.receivers} one="# receiver" other="# receivers" />,{' '}
          <TodoCount {...left} />
        </Text>
      </summary>
      <Box mt="xs">
        <Summary gaps={gaps} />
      </Box>
    </details>
  );
}

function Row({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Box>
      <Text size="xs" c="dimmed">
        {title}
      </Text>
      <Text component="div">{children}</Text>
    </Box>
  );
}
