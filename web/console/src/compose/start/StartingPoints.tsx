import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'react-router';

import { get, list, rowsOf, type Schemas } from '../../api';
import { ChannelMarks } from '../../campaigns/Marks';
import { channels as known } from '../../campaigns/words';
import {
  Button,
  Group,
  Icon,
  type IconName,
  Loading,
  Paper,
  ProblemNote,
  Stack,
  Text,
  TextLink,
  Title,
  UnstyledButton,
  When,
} from '../../ui';
import { languageName } from '../../content/editor/languages';
import { type StartingPoint, startingPointPath } from './startingPoint';

const DRAFTS = 4;
/** A page of drafts is cut from a page of all campaigns, so a short one may have none. */
const LOOKED_AT = 100;

/** Everything that a new campaign can start from, and drafts to go on with. */
export function StartingPoints() {
  const { t } = useLingui();
  const templates = useInfiniteQuery(list('/v1/templates', { params: { query: { limit: 50 } } }));
  const presets = useInfiniteQuery(list('/v1/presets', { params: { query: { limit: 50 } } }));
  const library = useQuery({ ...get('/v1/library'), staleTime: Infinity });
  const own = rowsOf(templates, (page) => page.templates.filter((it) => it.active));
  const prepared = rowsOf(presets, (page) => page.presets);
  return (
    <Stack gap="lg">
      <section aria-labelledby="start-new">
        <Title order={2} id="start-new" mb="xs">
          <Trans>Start a new campaign</Trans>
        </Title>
        <div className="starting-points">
          <Card point={{ kind: 'blank', id: 'yes' }} icon="plus" name={t`Write my own message`}>
            <Trans>Starts with an empty message.</Trans>
          </Card>
          {prepared.rows?.map((it) => (
            <Card key={it.id} point={{ kind: 'preset', id: it.id }} icon="presets" name={it.name}>
              {it.kind === 'conversation' ? (
                <Trans>Preset for a conversation</Trans>
              ) : (
                <Trans>Preset with channels, text and settings</Trans>
              )}
            </Card>
          ))}
        </div>
        <More of={presets} />
        <ProblemNote problem={prepared.problem} retry={prepared.retry} />
      </section>
      <Drafts />
      {(own.rows === undefined || own.rows.length > 0) && (
        <section aria-labelledby="start-templates">
          <Title order={2} id="start-templates" mb="xs">
            <Trans>Your templates</Trans>
          </Title>
          {own.problem !== undefined && <ProblemNote problem={own.problem} retry={own.retry} />}
          {own.rows === undefined && own.problem === undefined && <Loading rows={2} />}
          <div className="starting-points">
            {own.rows?.map((it) => (
              <Card
                key={it.id}
                point={{ kind: 'template', id: it.id }}
                icon="templates"
                name={it.name}
                channels={it.channels}
                languages={it.languages}
              >
                {it.description}
              </Card>
            ))}
          </div>
          <More of={templates} />
        </section>
      )}
      <section aria-labelledby="start-library">
        <Title order={2} id="start-library" mb="xs">
          <Trans>Library</Trans>
        </Title>
        <ProblemNote problem={library.error} retry={() => void library.refetch()} />
        {library.isPending && <Loading rows={4} />}
        <div className="starting-points">
          {library.data?.templates.map((it) => (
            <Card
              key={it.id}
              point={{ kind: 'library', id: it.id }}
              icon="library"
              name={it.name}
              channels={it.channels}
              languages={['en', ...it.languages]}
            >
              {it.description}
            </Card>
          ))}
        </div>
      </section>
    </Stack>
  );
}

function Drafts() {
  const { t } = useLingui();
  const drafts = useQuery(get('/v1/campaigns', { params: { query: { status: 'draft', limit: LOOKED_AT } } }));
  if (drafts.data === undefined || drafts.data.campaigns.length === 0) return null;
  return (
    <section aria-labelledby="start-drafts">
      <Group justify="space-between" mb="xs">
        <Title order={2} id="start-drafts">
          <Trans>Continue a draft</Trans>
        </Title>
        <TextLink to="/drafts" size="sm">
          <Trans>All drafts</Trans>
        </TextLink>
      </Group>
      <Paper withBorder>
        <Stack gap={0} role="list" aria-label={t`Drafts`}>
          {drafts.data.campaigns.slice(0, DRAFTS).map((it, index) => (
            <Group
              key={it.id}
              role="listitem"
              justify="space-between"
              wrap="nowrap"
              px="md"
              py={8}
              style={index === 0 ? undefined : { borderTop: '1px solid var(--line)' }}
            >
              <TextLink to={`/compose/${it.id}`} fw={500} className="clip">
                {it.name}
              </TextLink>
              <Group gap="md" wrap="nowrap" c="dimmed">
                <ChannelMarks of={it.channels} />
                <Text size="xs">
                  <When at={it.updated_at} />
                </Text>
              </Group>
            </Group>
          ))}
        </Stack>
      </Paper>
    </section>
  );
}

function More({ of }: { of: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown } }) {
  if (!of.hasNextPage) return null;
  return (
    <Button variant="subtle" mt="xs" loading={of.isFetchingNextPage} onClick={() => void of.fetchNextPage()}>
      <Trans>Show more</Trans>
    </Button>
  );
}

type CardProps = {
  point: StartingPoint;
  icon: IconName;
  name: string;
  channels?: string[];
  languages?: string[];
  children?: ReactNode;
};

function Card({ point, icon, name, channels = [], languages = [], children }: CardProps) {
  const { i18n } = useLingui();
  const sendable = channels.filter((it): it is Schemas['Channel'] => it in known);
  return (
    <UnstyledButton component={Link} to={startingPointPath(point)}>
      <Paper withBorder p="sm" h="100%" className="starting-point">
        <Stack gap={6} h="100%">
          <Group gap={8} wrap="nowrap" align="flex-start">
            <Icon name={icon} size={18} color="var(--mantine-primary-color-light-color)" />
            <Text fw={600} className="clip">
              {name}
            </Text>
          </Group>
          <Text size="xs" c="dimmed" component="div" style={{ flex: 1 }} lineClamp={3}>
            {children}
          </Text>
          {sendable.length > 0 && (
            <Group justify="space-between" gap="xs" c="dimmed">
              <ChannelMarks of={sendable} />
              <Text size="xs">
                {languages.length <= 3 ? (
                  languages.map((it) => languageName(it, i18n.locale)).join(', ')
                ) : (
                  <Plural value={languages.length} one="# language" other="# languages" />
                )}
              </Text>
            </Group>
          )}
        </Stack>
      </Paper>
    </UnstyledButton>
  );
}
