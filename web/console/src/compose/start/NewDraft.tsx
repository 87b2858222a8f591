import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useNavigate } from 'react-router';

import { api, call, get, type Problem, type Schemas, useAction } from '../../api';
import { channels as known } from '../../campaigns/words';
import { Button, Group, Icon, Loading, Paper, ProblemNote, Stack, Text, TextInput, TextLink } from '../../ui';
import { ChannelChoice, useSendable } from '../ChannelChoice';
import { campaignQuery } from '../draft/useDraft';
import { passStepsBefore } from '../passedSteps';
import { StepList } from '../StepList';
import { gapsOf, stepPath, stepTitles, stepToGoOn } from '../steps';
import { type StartingPoint, startingPointBody } from './startingPoint';

type Channel = Schemas['Channel'];

/** What is known about a starting point before a campaign is made from it. */
type Known = { name: string; channels: Channel[] | undefined; about?: string };

type Props = { from: StartingPoint };

/** The name and the channels of a new campaign; then it exists as a draft. */
export function NewDraft({ from }: Props) {
  const { known: point, problem, retry } = useStartingPoint(from);
  const sendable = useSendable();
  if (problem !== null && problem.status !== 404) return <ProblemNote problem={problem} retry={retry} />;
  if (problem !== null) {
    return (
      <Text>
        <Trans>
          This starting point no longer exists. <TextLink to="/compose">Choose another one</TextLink>.
        </Trans>
      </Text>
    );
  }
  if (point === undefined || sendable === undefined) return <Loading rows={5} />;
  const possible = point.channels ?? (['email'] as Channel[]);
  // A preset was made with its channels on purpose; a template merely has texts for all of them.
  const channels = from.kind === 'preset' ? possible : possible.filter((it) => sendable.has(it));
  return (
    <Form
      from={from}
      title={point.name}
      name={from.kind === 'blank' ? '' : point.name}
      channels={channels}
      about={point.about}
    />
  );
}

type FormProps = Props & { title: string; name: string; channels: Channel[]; about?: string };

function Form({ from, title, name: givenName, channels: givenChannels, about }: FormProps) {
  const { t, i18n } = useLingui();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [name, setName] = useState(givenName);
  const [channels, setChannels] = useState(givenChannels);
  const [asked, setAsked] = useState(false);
  const key = useRef(crypto.randomUUID());
  const create = useAction(
    () =>
      call(
        api.POST('/v1/campaigns', {
          // Pressing the button again after a lost answer makes no second draft.
          params: { header: { 'Idempotency-Key': key.current } },
          body: { name: name.trim(), channels, ...startingPointBody(from) },
        }),
      ),
    {
      refresh: [],
      onDone: (campaign) => {
        client.setQueryData(campaignQuery(campaign.id).queryKey, campaign);
        void client.invalidateQueries({ queryKey: ['/v1/campaigns'] });
        const [gap] = gapsOf(i18n, campaign, campaign);
        // What was just chosen need not be asked again; a template still has to be read by whoever sends it.
        const step =
          gap?.step === 'receivers' && from.kind !== 'preset'
            ? 'message'
            : stepToGoOn([gap].filter((it) => it !== undefined));
        // This page is the first step. A preset was made with its message on purpose.
        passStepsBefore(campaign.id, from.kind === 'preset' ? step : 'message');
        void navigate(stepPath(campaign.id, step), { replace: true });
      },
    },
  );
  const missing =
    name.trim() === ''
      ? { text: t`Give the campaign a name first.`, id: 'campaign-name' }
      : channels.length === 0
        ? { text: t`Choose a channel first.`, id: 'campaign-channels' }
        : undefined;
  const lackOf = (id: string) => (asked && missing?.id === id ? missing.text : undefined);
  const submit = () => {
    setAsked(missing !== undefined);
    if (missing === undefined) {
      create.mutate();
      return;
    }
    const control = document.getElementById(missing.id);
    (control?.matches('input') === true ? control : control?.querySelector('input'))?.focus();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Stack gap="lg">
        <StepList campaign={undefined} current="delivery" />
        {from.kind !== 'blank' && (
          <Paper withBorder p="md">
            <Text size="xs" c="dimmed">
              <Trans>Starts from</Trans>
            </Text>
            <Text fw={600} className="clip">
              {title}
            </Text>
            {about !== undefined && (
              <Text size="sm" c="dimmed">
                {about}
              </Text>
            )}
          </Paper>
        )}
        <TextInput
          id="campaign-name"
          label={t`Name of the campaign`}
          description={t`For you and your colleagues. Receivers do not see it.`}
          size="md"
          maxLength={200}
          value={name}
          onChange={(event) => {
            setName(event.currentTarget.value);
            key.current = crypto.randomUUID();
          }}
          error={create.error?.of('name') ?? lackOf('campaign-name')}
          data-autofocus
          autoFocus
        />
        <ChannelChoice
          value={channels}
          onChange={(it) => {
            setChannels(it);
            key.current = crypto.randomUUID();
          }}
          error={create.error?.of('channels') ?? lackOf('campaign-channels')}
        />
        <ProblemNote problem={create.error} shown={['name', 'channels']} />
        <Group>
          <Button type="submit" loading={create.isPending} rightSection={<Icon name="next" size={16} />}>
            {from.kind === 'preset' ? t`Next` : t`Next: ${i18n._(stepTitles.message)}`}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function useStartingPoint({ kind, id }: StartingPoint): {
  known: Known | undefined;
  problem: Problem | null;
  retry: () => void;
} {
  const template = useQuery({
    ...get('/v1/templates/{template}', { params: { path: { template: id } } }),
    enabled: kind === 'template',
  });
  const preset = useQuery({
    ...get('/v1/presets/{preset}', { params: { path: { preset: id } } }),
    enabled: kind === 'preset',
  });
  const entry = useQuery({
    ...get('/v1/library/{template}', { params: { path: { template: id } } }),
    enabled: kind === 'library',
  });
  if (kind === 'blank') return { known: { name: '', channels: undefined }, problem: null, retry: () => {} };
  const query = kind === 'template' ? template : kind === 'preset' ? preset : entry;
  const { data } = query;
  const all = Object.keys(known) as Channel[];
  return {
    known:
      data === undefined
        ? undefined
        : {
            name: data.name,
            channels:
              'kind' in data && data.channels.length > 0
                ? data.channels
                : all.filter((channel) => data.content[channel] != null),
            about: 'description' in data ? (data.description ?? undefined) : undefined,
          },
    problem: query.error,
    retry: () => void query.refetch(),
  };
}
