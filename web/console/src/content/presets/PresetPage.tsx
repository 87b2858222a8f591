import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from 'react-router';

import { api, call, get, ifMatch, type Schemas } from '../../api';
import { channels, priorities, everyChannel } from '../../campaigns/words';
import { ChannelChoice } from '../../compose/ChannelChoice';
import { AdvancedDelivery } from '../../compose/delivery/AdvancedDelivery';
import {
  Box,
  ButtonLink,
  Group,
  Icon,
  Menu,
  Page,
  ProblemNote,
  Select,
  SimpleGrid,
  Stack,
  TextInput,
  PageMenu,
  Pending,
} from '../../ui';
import { ConflictDialog } from '../document/ConflictDialog';
import { contentLines, type Line } from '../document/contentLines';
import { SaveButton } from '../document/SaveButton';
import { useDocument } from '../document/useDocument';
import { ContentEditor } from '../editor';
import { presetKinds } from './words';
import { useDeletingPreset } from './useDeletingPreset';

type Preset = Schemas['Preset'];
type Fields = Pick<
  Preset,
  'name' | 'kind' | 'channels' | 'priority' | 'on_unknown' | 'failover' | 'default_region' | 'content'
>;

/** A preset, to read and to change. */
export function PresetPage() {
  const { t } = useLingui();
  const { preset: id = '' } = useParams();
  const query = useQuery(get('/v1/presets/{preset}', { params: { path: { preset: id } } }));
  if (query.data === undefined) {
    return (
      <Page title={t`Preset`} back={{ to: '/presets', title: t`Presets` }}>
        <Pending query={query} rows={8} />
      </Page>
    );
  }
  return <EditPreset key={id} preset={query.data} />;
}

function fieldsOf(preset: Preset): Fields {
  const { name, kind, channels: on, priority, on_unknown, failover, default_region, content } = preset;
  return { name, kind, channels: on, priority, on_unknown, failover, default_region, content };
}

function EditPreset({ preset }: { preset: Preset }) {
  const { t, i18n } = useLingui();
  const navigate = useNavigate();
  const path = { preset: preset.id };
  const edited = useDocument<Preset, Fields>({
    document: preset,
    fieldsOf,
    queryKey: get('/v1/presets/{preset}', { params: { path } }).queryKey,
    save: (fields, on) =>
      call(api.PATCH('/v1/presets/{preset}', { params: { path, header: ifMatch(on) }, body: fields })),
  });
  const { fields, set, problem, conflict } = edited;
  const linesOf = (it: Fields): Line[] => [
    { title: t`Name`, text: it.name },
    { title: t`Purpose`, text: i18n._(presetKinds[it.kind]) },
    { title: t`Channels`, text: it.channels.map((one) => i18n._(channels[one].title)).join(', ') },
    { title: t`Priority`, text: i18n._(priorities[it.priority]) },
    {
      title: t`If it is not known whether a message was accepted`,
      text: it.on_unknown === 'hold' ? t`Wait until somebody decides` : t`Send again`,
    },
    {
      title: t`Other providers`,
      text:
        it.failover == null
          ? t`Not tried`
          : t`At most ${it.failover.attempts} attempts within ${it.failover.minutes} minutes`,
    },
    { title: t`Country of phone numbers`, text: it.default_region ?? t`Organization default` },
    ...contentLines(i18n, it.content),
  ];
  const deleting = useDeletingPreset({
    refresh: [],
    before: edited.discard,
    after: () => void navigate('/presets'),
  });
  return (
    <Page
      title={preset.name}
      back={{ to: '/presets', title: t`Presets` }}
      actions={
        <>
          <SaveButton document={preset} edited={edited} />
          <ButtonLink to={`/compose?preset=${preset.id}`} variant="default">
            <Trans>Use</Trans>
          </ButtonLink>
          <PageMenu>
            <Menu.Item leftSection={<Icon name="trash" size={16} />} onClick={() => void deleting.ask(preset)}>
              <Trans>Delete</Trans>
            </Menu.Item>
          </PageMenu>
        </>
      }
    >
      <ProblemNote
        problem={problem ?? deleting.problem}
        shown={['name', 'kind', 'channels', 'priority', 'on_unknown', 'failover', 'default_region', 'content']}
      />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <Stack gap="sm">
          <TextInput
            label={t`Name`}
            value={fields.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
            error={problem?.of('name')}
          />
          <Group align="flex-start" gap="sm" grow>
            <Select
              label={t`Purpose`}
              data={Object.entries(presetKinds).map(([value, title]) => ({ value, label: i18n._(title) }))}
              value={fields.kind}
              onChange={(it) => it !== null && set({ kind: it as Schemas['PresetKind'] })}
              error={problem?.of('kind')}
            />
            <Select
              label={t`Priority`}
              data={Object.entries(priorities).map(([value, title]) => ({ value, label: i18n._(title) }))}
              value={fields.priority}
              onChange={(it) => it !== null && set({ priority: it as Schemas['Priority'] })}
              error={problem?.of('priority')}
            />
          </Group>
          <AdvancedDelivery value={fields} onChange={set} problem={problem} />
        </Stack>
        <ChannelChoice
          value={fields.channels}
          onChange={(it) => set({ channels: it })}
          error={problem?.of('channels')}
        />
      </SimpleGrid>
      <Box mt="xs">
        <ContentEditor
          value={fields.content}
          onChange={(content) => set({ content })}
          channels={fields.channels.length === 0 ? everyChannel : fields.channels}
          optional={fields.channels.length === 0}
          problem={problem}
          version={preset.version}
          unsaved={edited.isChanged}
        />
      </Box>
      {conflict !== undefined && (
        <ConflictDialog
          at={conflict.theirs.updated_at}
          mine={linesOf(fields)}
          theirs={linesOf(fieldsOf(conflict.theirs))}
          onResolve={edited.resolve}
        />
      )}
    </Page>
  );
}
