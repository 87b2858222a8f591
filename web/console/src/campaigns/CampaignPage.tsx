import { Trans, useLingui } from '@lingui/react/macro';
import { useMemo, useState } from 'react';
import { Navigate, useParams, useSearchParams } from 'react-router';

import { NotFound } from '../app/NotFound';
import { LIVE, type Schemas } from '../api';
import { Group, Icon, Menu, Page, ProblemNote, Tabs, useParam, When, PageMenu, Pending } from '../ui';
import { isMoving, useCampaign, useChange } from './campaign';
import { CheckNote, useCheck } from './checking';
import { DeliveryDrawer } from './DeliveryDrawer';
import { useDuplicate } from './duplicating';
import { CampaignMark, ChannelMark } from './Marks';
import { Messages } from './Messages';
import { Overview } from './Overview';
import { People } from './People';
import { Reasons } from './Reasons';
import { StallBanner } from './StallBanner';
import { RunningButtons, type Stopped, StoppedNote, useCancel, useRunning } from './stopping';
import { figuresOf } from './totals';
import { priorities } from './words';

/** A campaign that is being sent or was sent. */
export function CampaignPage() {
  const { t } = useLingui();
  const { campaign: id = '' } = useParams();
  const [tab] = useParam('tab');
  const [open] = useParam('delivery');
  // Where a list or a message is followed as well, both together ask no more often than one page may.
  const query = useCampaign(id, tab === '' && open === '' ? LIVE : 2 * LIVE);
  const campaign = query.data;
  if (campaign === undefined) {
    if (query.error?.status === 404 || query.error?.status === 400) return <NotFound />;
    return (
      <Page title={t`Campaign`} back={{ to: '/campaigns', title: t`Campaigns` }}>
        <Pending query={query} rows={8} />
      </Page>
    );
  }
  if (campaign.status === 'draft' || campaign.status === 'scheduled') return <Navigate to={`/compose/${id}`} replace />;
  return <Published campaign={campaign} at={query.dataUpdatedAt} problem={query.error} />;
}

/** Four tabs fit on one line of a phone. */
const TAB = { base: 8, xs: 'md' };

type Props = {
  campaign: Schemas['Campaign'];
  /** When it was read. */
  at: number;
  problem: ReturnType<typeof useCampaign>['error'];
};

function Published({ campaign, at, problem }: Props) {
  const { t } = useLingui();
  const [params, setParams] = useSearchParams();
  const tab = params.get('tab') ?? 'overview';
  // Filters belong to their tab: another tab begins without them, and going back brings them back.
  const setTab = (it: string | null) =>
    setParams(it === null || it === 'overview' ? {} : { tab: it }, { preventScrollReset: true });
  const [stopped, setStopped] = useState<Stopped>();
  const running = useRunning(campaign, setStopped);
  const check = useCheck(campaign.id);
  const { totals } = campaign;
  const figures = useMemo(() => figuresOf(totals), [totals]);
  const change = useChange(figures);
  const stalls = campaign.stalled.filter(({ code }) => code !== 'paused');
  const shown = stopped?.status === campaign.status ? stopped : undefined;
  return (
    <Page
      title={campaign.name}
      back={{ to: '/campaigns', title: t`Campaigns` }}
      about={<About campaign={campaign} />}
      actions={
        <>
          <RunningButtons campaign={campaign} figures={figures} running={running} />
          <MoreMenu campaign={campaign} cancel={useCancel(figures, running)} check={check} />
        </>
      }
    >
      <StoppedNote running={running} stopped={shown} />
      <CheckNote check={check} />
      {stalls.map((stall) => (
        <StallBanner key={`${stall.channel ?? ''} ${stall.code} ${stall.text}`} stall={stall} />
      ))}
      <ProblemNote problem={problem} />
      <Tabs value={tab} onChange={setTab} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="overview" px={TAB}>
            <Trans>Overview</Trans>
          </Tabs.Tab>
          <Tabs.Tab value="people" px={TAB}>
            <Trans>People</Trans>
          </Tabs.Tab>
          <Tabs.Tab value="reasons" px={TAB}>
            <Trans>Reasons</Trans>
          </Tabs.Tab>
          <Tabs.Tab value="message" px={TAB}>
            <Trans>Message</Trans>
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="overview">
          <Overview campaign={campaign} figures={figures} at={at} change={change} />
        </Tabs.Panel>
        <Tabs.Panel value="people">
          <People campaign={campaign} figures={figures} />
        </Tabs.Panel>
        <Tabs.Panel value="reasons">
          <Reasons campaign={campaign} moving={isMoving(campaign)} />
        </Tabs.Panel>
        <Tabs.Panel value="message">
          <Messages campaign={campaign} />
        </Tabs.Panel>
      </Tabs>
      <DeliveryDrawer campaign={campaign} />
    </Page>
  );
}

/** Status, channels, and what happened when. */
function About({ campaign }: { campaign: Schemas['Campaign'] }) {
  const { i18n } = useLingui();
  const { status, channels, priority, published_at, completed_at, stopped_at, stopped_by, schedule } = campaign;
  return (
    <Group gap="4px 16px">
      <CampaignMark status={status} />
      {channels.map((it) => (
        <ChannelMark key={it} channel={it} />
      ))}
      {priority !== 'normal' && (
        <span>
          <Trans>Priority: {i18n._(priorities[priority])}</Trans>
        </span>
      )}
      {published_at != null && (
        <span>
          <Trans>
            Started <When at={published_at} />
          </Trans>
        </span>
      )}
      {schedule?.by != null && (
        <span>
          <Trans>scheduled by API key {schedule.by}</Trans>
        </span>
      )}
      {completed_at != null && (
        <span>
          <Trans>
            Completed <When at={completed_at} />
          </Trans>
        </span>
      )}
      {stopped_at != null && (status === 'paused' || status === 'canceled') && (
        <span>
          {status === 'paused' ? (
            <Trans>
              Paused <When at={stopped_at} />
            </Trans>
          ) : (
            <Trans>
              Canceled <When at={stopped_at} />
            </Trans>
          )}{' '}
          {stopped_by != null && <Trans>by API key {stopped_by}</Trans>}
        </span>
      )}
    </Group>
  );
}

type MenuProps = {
  campaign: Schemas['Campaign'];
  cancel: () => Promise<void>;
  check: ReturnType<typeof useCheck>;
};

function MoreMenu({ campaign, cancel, check }: MenuProps) {
  const duplicate = useDuplicate();
  return (
    <>
      <PageMenu loading={duplicate.isPending}>
        <Menu.Item leftSection={<Icon name="copy" size={16} />} onClick={() => duplicate.mutate(campaign.id)}>
          <Trans>Duplicate</Trans>
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="check" size={16} />} onClick={() => void check.ask()}>
          <Trans>Check the figures</Trans>
        </Menu.Item>
        {(campaign.status === 'published' || campaign.status === 'paused') && (
          <>
            <Menu.Divider />
            <Menu.Item leftSection={<Icon name="cross" size={16} />} color="var(--bad)" onClick={() => void cancel()}>
              <Trans>Cancel the campaign</Trans>
            </Menu.Item>
          </>
        )}
      </PageMenu>
      <ProblemNote problem={duplicate.error} />
    </>
  );
}
