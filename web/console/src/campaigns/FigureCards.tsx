import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { type ReactNode, useId } from 'react';

import type { Schemas } from '../api';
import {
  Box,
  Count,
  Group,
  Icon,
  type IconName,
  Paper,
  Share,
  Shares,
  SimpleGrid,
  Stack,
  Status,
  Text,
  TextLink,
  type Tone,
  toneColor,
} from '../ui';
import { type Figures, sendable, unheardOf } from './totals';
import { fates, states } from './words';

type State = Schemas['DeliveryState'];

type Props = {
  figures: Figures;
  receivers: number;
  /** The address of the people in a state, or with something that became of their message. */
  people: (filter: { state?: State; fate?: Schemas['DeliveryStatus'] }) => string;
};

/** The figures of a campaign; each leads to exactly those people. */
export function FigureCards({ figures, receivers, people }: Props) {
  const { t } = useLingui();
  const { total, open, pending, claimed, retrying } = figures;
  const only = open === pending ? 'pending' : open === claimed ? 'claimed' : open === retrying ? 'retrying' : undefined;
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm">
        <Card title={t`Total`} value={total} to={people({})}>
          <Plural value={total} one="message" other="messages" />{' '}
          <Plural value={receivers} one="to # person" other="to # people" />
        </Card>
        <Card
          title={t`Pending`}
          tone="busy"
          icon="clock"
          value={open}
          to={only === undefined ? undefined : people({ state: only })}
        >
          {only === undefined ? (
            <Parts figures={figures} people={people} />
          ) : (
            <OfThose count={open} figures={figures} />
          )}
        </Card>
        <Card title={t`Sent`} tone="ok" icon="check" value={figures.sent} to={people({ state: 'sent' })}>
          <OfThose count={figures.sent} figures={figures} />
        </Card>
        <Card title={t`Failed`} tone="bad" icon="cross" value={figures.failed} to={people({ state: 'failed' })}>
          <OfThose count={figures.failed} figures={figures} />
        </Card>
      </SimpleGrid>
      <ShareBar figures={figures} />
      <Text component="div">
        <Row>
          {(['skipped', 'unknown', 'canceled'] as const).map((state) => (
            <Figure key={state} word={states[state]} value={figures[state]} to={people({ state })} />
          ))}
        </Row>
      </Text>
      <Fates figures={figures} people={people} />
    </Stack>
  );
}

/** What a figure is a share of: skipped messages were never to be sent, so they make no share smaller. */
function OfThose({ count, figures }: { count: number; figures: Figures }) {
  const total = sendable(figures);
  return (
    <Trans>
      of <Count value={total} />, <Share of={count} total={total} />
    </Trans>
  );
}

/** How the messages are divided among the states. */
export function ShareBar({ figures }: { figures: Figures }) {
  const { i18n, t } = useLingui();
  const part = (state: State) => ({
    tone: states[state].tone,
    label: i18n._(states[state].title),
    value: figures[state],
  });
  return (
    <Shares
      parts={[
        part('sent'),
        part('failed'),
        part('unknown'),
        part('skipped'),
        part('canceled'),
        { tone: 'busy', label: t`Pending`, value: figures.open },
      ]}
    />
  );
}

/** What the colours of the bar mean, with how many messages have each; where there is a list of them, as links. */
export function ShareLegend({ figures, people }: { figures: Figures; people?: Props['people'] }) {
  const { open, pending } = figures;
  return (
    <Row>
      {(['sent', 'failed', 'unknown', 'skipped', 'canceled'] as const)
        .filter((state) => figures[state] > 0)
        .map((state) => (
          <span key={state} style={{ display: 'inline-flex', alignItems: 'center', gap: 4 }}>
            <Figure word={states[state]} value={figures[state]} to={people?.({ state })} />
            {state === 'sent' && (
              <Text component="span" size="sm" c="dimmed">
                <OfThose count={figures.sent} figures={figures} />
              </Text>
            )}
          </span>
        ))}
      {open > 0 && (
        <Figure word={states.pending} value={open} to={open === pending ? people?.({ state: 'pending' }) : undefined} />
      )}
    </Row>
  );
}

/** What became of sent messages. */
function Fates({ figures, people }: Pick<Props, 'figures' | 'people'>) {
  const id = useId();
  const silent = unheardOf(figures);
  if (figures.sent === 0) return null;
  const heard = silent < figures.sent;
  const shown = ['delivered', 'bounced', 'opened', 'clicked', 'replied', 'complained'] as const;
  return (
    <Box component="section" aria-labelledby={id}>
      <Text fw={600} mb={4} id={id}>
        <Trans>After sending</Trans>
      </Text>
      {heard && (
        <Text component="div">
          <Row>
            {shown.map((fate) => (
              <Figure key={fate} word={fates[fate]} value={figures.fates[fate] ?? 0} to={people({ fate })} />
            ))}
            {(figures.fates.delayed ?? 0) > 0 && (
              <Figure word={fates.delayed} value={figures.fates.delayed ?? 0} to={people({ fate: 'delayed' })} />
            )}
          </Row>
        </Text>
      )}
      <Text size="xs" c="dimmed" mt={4}>
        {heard ? (
          <>
            <Trans>Each message counts once, with the latest report from its provider.</Trans>{' '}
            {silent > 0 && <Plural value={silent} one="No report for #." other="No report for #." />}
          </>
        ) : (
          <Trans>No reports from the provider yet. Some providers never send any.</Trans>
        )}
      </Text>
    </Box>
  );
}

function Row({ children }: { children: ReactNode }) {
  return <Box style={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: '4px 20px' }}>{children}</Box>;
}

type Word = (typeof states)[State];

/** A word with its picture and a figure, which leads to those people. */
function Figure({ word, value, to }: { word: Word; value: number; to: string | undefined }) {
  const { i18n } = useLingui();
  const title = i18n._(word.title);
  if (value === 0) {
    return (
      <Text component="span" c="dimmed">
        {title} <Count value={0} />
      </Text>
    );
  }
  const { tone, icon } = word;
  const mark = <Status tone={tone} icon={icon}>{`${title} ${i18n.number(value)}`}</Status>;
  return to === undefined ? mark : <TextLink to={to}>{mark}</TextLink>;
}

/** Pending messages, where they are in more than one state. */
function Parts({ figures, people }: Pick<Props, 'figures' | 'people'>) {
  const { t, i18n } = useLingui();
  return (['pending', 'claimed', 'retrying'] as const)
    .filter((state) => figures[state] > 0)
    .map((state) => (
      <TextLink key={state} to={people({ state })} display="block">
        {state === 'pending' ? t`Not started` : i18n._(states[state].title)} <Count value={figures[state]} />
      </TextLink>
    ));
}

type CardProps = {
  title: string;
  value: number;
  to: string | undefined;
  tone?: Tone;
  icon?: IconName;
  children: ReactNode;
};

function Card({ title, value, to, tone, icon, children }: CardProps) {
  const figure = (
    <>
      <Text component="span" display="block" c="dimmed" fw={500}>
        <Group gap={6} component="span">
          {icon !== undefined && <Icon name={icon} size={16} color={toneColor(tone ?? 'quiet')} />}
          {title}
        </Group>
      </Text>
      <Text component="span" display="block" fw={650} fz={26} lh={1.25} c="var(--mantine-color-text)">
        <Count value={value} />
      </Text>
    </>
  );
  return (
    <Paper withBorder p="sm">
      {to === undefined || value === 0 ? figure : <TextLink to={to}>{figure}</TextLink>}
      <Text component="div" size="xs" c="dimmed">
        {children}
      </Text>
    </Paper>
  );
}
