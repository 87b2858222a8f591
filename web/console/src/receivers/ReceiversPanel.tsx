import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { startTransition, useOptimistic, useState } from 'react';

import { api, call, list, type Problem, type Rows, rowsOf, type Schemas, useAction } from '../api';
import { channels as known } from '../campaigns/words';
import { languageName } from '../content/editor/languages';
import {
  Button,
  type Column,
  DataTable,
  EmptyState,
  Group,
  Icon,
  Menu,
  RowMenu,
  ProblemNote,
  SearchField,
  Stack,
  Switch,
  Text,
  Tooltip,
  UnstyledButton,
  useConfirm,
  useParam,
} from '../ui';
import { EditReceiver } from './EditReceiver';
import { LastSwitch } from './LastSwitch';
import { personName } from './personName';
import { SwitchEverybody } from './SwitchEverybody';
import { refreshCount } from './uploads';
import type { CampaignFile } from './useImports';
import { offReason } from './words';

type Receiver = Schemas['Receiver'];
type Channel = Schemas['Channel'];
type Pages = InfiniteData<Schemas['ReceiverList']>;

type Props = {
  campaign: Schemas['Campaign'];
  channels: Channel[];
  files: CampaignFile[];
  /** The last job that switched a channel for everybody. */
  switching: Schemas['Job'] | undefined;
};

/** The longest search that the API takes. */
const LONGEST = 100;

/** The receivers, each with a switch for every channel. */
export function ReceiversPanel({ campaign, channels, files, switching }: Props) {
  const { t, i18n } = useLingui();
  const client = useQueryClient();
  const confirm = useConfirm();
  // Said beside the table: a note in the corner would lie over the button to go on.
  const [said, setSaid] = useState('');
  const [person, setPerson] = useParam('person', { push: true });
  const [words, setWords] = useParam('search');
  const search = words.trim().slice(0, LONGEST);
  const sought = search !== '';
  const options = list('/v1/campaigns/{campaign}/receivers', {
    params: { path: { campaign: campaign.id }, query: { limit: 100, ...(sought ? { search } : {}) } },
  });
  const query = useInfiniteQuery(options);
  const rows = rowsOf(query, (page) => page.receivers);
  const write = (id: string, change: (receiver: Receiver) => Receiver | undefined) =>
    client.setQueryData<Pages>(options.queryKey, (pages) =>
      pages === undefined
        ? pages
        : {
            ...pages,
            pages: pages.pages.map((page) => ({
              ...page,
              receivers: page.receivers.flatMap((it) => {
                if (it.id !== id) return [it];
                const changed = change(it);
                return changed === undefined ? [] : [changed];
              }),
            })),
          },
    );
  const { throwSwitch, problem } = useSwitch(campaign.id, write);
  const remove = useAction(
    (receiver: Receiver) =>
      call(
        api.DELETE('/v1/campaigns/{campaign}/receivers/{receiver}', {
          params: { path: { campaign: campaign.id, receiver: receiver.id } },
        }),
      ),
    {
      refresh: [],
      onDone: (_, receiver) => {
        write(receiver.id, () => undefined);
        setSaid(t`${personName(receiver)} was removed.`);
        refreshCount(client, campaign.id);
      },
    },
  );
  const askToRemove = async (receiver: Receiver) => {
    const name = personName(receiver);
    const yes = await confirm({
      title: t`Remove ${name}?`,
      text: t`This person will not get the campaign. Other campaigns are not affected.`,
      verb: t`Remove`,
      grave: true,
    });
    if (yes) remove.mutate(receiver);
  };
  const origin = (source: string) => {
    const [kind, id, line] = source.split(':');
    if (kind !== 'import' || id === undefined) return t`by hand`;
    // With a single file, the line says enough.
    if (files.length === 1) return t`line ${line ?? ''}`;
    const name = files.find((it) => it.id === id)?.name ?? t`file`;
    return t`${name}, line ${line ?? ''}`;
  };

  const language: Column<Receiver> = {
    id: 'language',
    title: t`Language`,
    tight: true,
    phone: 'hidden',
    cell: (row) => (row.language == null ? null : languageName(row.language, i18n.locale)),
  };
  const source: Column<Receiver> = {
    id: 'origin',
    title: t`Source`,
    phone: 'hidden',
    cell: (row) => (
      <Text size="xs" c="dimmed" className="clip">
        {origin(row.source)}
      </Text>
    ),
  };
  // A column that says nothing takes the room of the names.
  const shows = {
    language: rows.rows?.some((it) => it.language != null) === true,
    origin: rows.rows?.some((it) => it.source.startsWith('import:')) === true,
  };
  const columns: Column<Receiver>[] = [
    {
      id: 'person',
      title: t`Person`,
      cell: (row) => (
        <UnstyledButton
          onClick={() => setPerson(row.id)}
          c="var(--mantine-color-anchor)"
          fz="sm"
          fw={500}
          className="clip"
          title={personName(row)}
          miw={110}
        >
          {personName(row)}
        </UnstyledButton>
      ),
    },
    {
      id: 'addresses',
      title: t`Addresses`,
      phone: 'below',
      cell: (row) => (
        <>
          {row.email != null && <EmailText of={row.email} />}
          {row.mobile != null && (
            <Text size="sm" className="figure" style={{ whiteSpace: 'nowrap' }}>
              {row.mobile}
            </Text>
          )}
        </>
      ),
    },
    ...(shows.language ? [language] : []),
    ...channels.map((channel): Column<Receiver> => ({
      id: channel,
      title: i18n._(known[channel].title),
      tight: true,
      phone: 'below',
      cell: (row) => <ChannelCell receiver={row} channel={channel} onSwitch={(on) => throwSwitch(row, channel, on)} />,
    })),
    ...(shows.origin ? [source] : []),
  ];
  const opened = rows.rows?.find((it) => it.id === person);
  return (
    <Stack gap="xs">
      <ProblemNote problem={problem ?? remove.error} />
      {(campaign.totals.receivers > 0 || sought) && (
        <Group justify="space-between" gap="sm">
          <SwitchEverybody campaign={campaign} channels={channels} job={switching} filtered={sought} />
          <SearchField
            label={t`Search receivers`}
            placeholder={t`Name, email or number`}
            value={words}
            onChange={setWords}
          />
        </Group>
      )}
      <LastSwitch campaign={campaign.id} job={switching} />
      <Text size="sm" c="dimmed" role="status" aria-live="polite">
        {sought ? <Found rows={rows} all={campaign.totals.receivers} /> : said}
      </Text>
      <DataTable
        caption={t`Receivers`}
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
        empty={
          sought ? (
            <EmptyState
              icon="search"
              title={t`Nobody matches`}
              action={
                <Button variant="default" onClick={() => setWords('')}>
                  <Trans>Show everyone</Trans>
                </Button>
              }
            >
              <Trans>
                Each word must be the start of a name, an email address or a phone number with its country code.
              </Trans>
            </EmptyState>
          ) : (
            <EmptyState icon="people" title={t`No receivers yet`}>
              {campaign.loading && !(switching?.status === 'running') ? (
                <Trans>The people in the file appear here as soon as they are read.</Trans>
              ) : (
                <Trans>Add people above: one by one, as a list of addresses, or from a file.</Trans>
              )}
            </EmptyState>
          )
        }
        actions={(row) => (
          <RowMenu label={t`More about ${personName(row)}`}>
            <Menu.Item leftSection={<Icon name="pencil" size={16} />} onClick={() => setPerson(row.id)}>
              {t`Correct`}
            </Menu.Item>
            <Menu.Item color="red" leftSection={<Icon name="trash" size={16} />} onClick={() => void askToRemove(row)}>
              {t`Remove`}
            </Menu.Item>
          </RowMenu>
        )}
      />
      <EditReceiver
        campaign={campaign.id}
        receiver={opened}
        onClose={() => setPerson('')}
        onSaved={(changed) => {
          write(changed.id, () => changed);
          setSaid(t`${personName(changed)} was corrected.`);
        }}
      />
    </Stack>
  );
}

/** An email address, which breaks before its @ where there is no room. */
function EmailText({ of }: { of: string }) {
  const at = of.lastIndexOf('@');
  return (
    <Text size="sm" className="clip" title={of}>
      {of.slice(0, Math.max(at, 0))}
      <wbr />
      {of.slice(Math.max(at, 0))}
    </Text>
  );
}

/** How far a search is. Pages of it may be empty although more follow, so the table goes on reading. */
function Found({ rows: { rows, more, loading }, all }: { rows: Rows<Receiver>; all: number }) {
  // While the first page is on its way, the rows are still those of the search before.
  const found = loading && !more ? 0 : (rows?.length ?? 0);
  if (more || loading) {
    if (!loading) return <Plural value={found} one="# found so far" other="# found so far" />;
    return found === 0 ? (
      <Plural
        value={all}
        one="Searching # receiver. Nobody found yet."
        other="Searching # receivers. Nobody found yet."
      />
    ) : (
      <Plural value={found} one="# found so far, searching for more" other="# found so far, searching for more" />
    );
  }
  return <Plural value={found} one="# receiver matches" other="# receivers match" />;
}

/** Whether somebody gets the message on a channel, as a switch, or why it cannot be switched on. */
function ChannelCell({
  receiver,
  channel,
  onSwitch,
}: {
  receiver: Receiver;
  channel: Channel;
  onSwitch: (on: boolean) => Promise<void>;
}) {
  const { t, i18n } = useLingui();
  const state = receiver.channels[channel];
  const [on, setOn] = useOptimistic(state?.on === true);
  const title = i18n._(known[channel].title);
  // A channel that was chosen a moment ago and is not saved yet.
  if (state === undefined) return <span aria-hidden="true">…</span>;
  const reason = state.reason == null ? undefined : offReason(state.reason, channel);
  const said = reason === undefined ? (state.reason ?? undefined) : i18n._(reason);
  const fixed = state.reason === 'no_address' || state.reason === 'duplicate_address';
  return (
    <Group gap={8} wrap="nowrap" py={{ base: 4, sm: 0 }}>
      {/* Below a person's name, no column says which channel it is. */}
      <Text size="sm" w={76} hiddenFrom="sm" aria-hidden="true">
        {title}
      </Text>
      {fixed ? (
        <Tooltip label={t`${title}: ${said ?? ''}`}>
          <Text size="xs" c="dimmed" tabIndex={0} component="span">
            {state.reason === 'no_address' ? capitalized(said ?? '') : t`Same address`}
          </Text>
        </Tooltip>
      ) : (
        <Tooltip label={said} disabled={said === undefined || state.reason === 'switched_off'}>
          <Switch
            size="sm"
            checked={on}
            onChange={(event) => {
              const wanted = event.currentTarget.checked;
              startTransition(async () => {
                setOn(wanted);
                await onSwitch(wanted);
              });
            }}
            aria-label={t`${title} for ${personName(receiver)}`}
            description={state.reason === 'fixed_line' ? t`Landline` : undefined}
          />
        </Tooltip>
      )}
    </Group>
  );
}

/** Words that stand alone. */
function capitalized(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Switches at once on the screen, and takes it back if the API refuses. */
function useSwitch(
  campaign: string,
  write: (id: string, change: (receiver: Receiver) => Receiver | undefined) => void,
): { throwSwitch: (receiver: Receiver, channel: Channel, on: boolean) => Promise<void>; problem: Problem | null } {
  const action = useAction(
    ({ receiver, channel, on }: { receiver: Receiver; channel: Channel; on: boolean }) =>
      call(
        api.PATCH('/v1/campaigns/{campaign}/receivers/{receiver}', {
          params: { path: { campaign, receiver: receiver.id } },
          body: { channels: { [channel]: on } },
        }),
      ),
    { refresh: [] },
  );
  const throwSwitch = async (receiver: Receiver, channel: Channel, on: boolean) => {
    try {
      const changed = await action.mutateAsync({ receiver, channel, on });
      const state = (changed as Receiver).channels[channel];
      // Only this switch: another one of the same person may be on its way.
      if (state !== undefined) write(receiver.id, (it) => ({ ...it, channels: { ...it.channels, [channel]: state } }));
    } catch {
      // The switch goes back by itself, and the problem is shown above the table.
    }
  };
  return { throwSwitch, problem: action.error };
}
