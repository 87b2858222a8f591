import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';

import type { Schemas } from '../../api';
import {
  Banner,
  Button,
  Group,
  Icon,
  Loading,
  Paper,
  Progress,
  ProblemNote,
  Stack,
  Text,
  TextLink,
  Title,
  useMediaQuery,
} from '../../ui';
import { lackText, refusalText } from '../draft/partWords';
import { campaignQuery, useComposed } from '../draft/useDraft';
import { gapsOf, stepPath, wideEnough } from '../steps';
import { PreflightReport } from './PreflightReport';
import { preflightQuery } from './preflightQuery';
import { PreviewPanel } from './PreviewPanel';
import { Scheduled } from './Scheduled';
import { SendPanel } from './SendPanel';
import { TestSend } from './TestSend';

type Preflight = Schemas['Preflight'];

/** Step 4: everything is checked, looked at and tried; then it is sent or scheduled. */
export function ConfirmStep() {
  const { campaign } = useComposed();
  return campaign.status === 'scheduled' ? <Scheduled /> : <Checks />;
}

function Checks() {
  const { t, i18n } = useLingui();
  const { campaign, fields, saving, problem, switching } = useComposed();
  const saved = saving.state === 'saved';
  const [receiver, setReceiver] = useState('');
  const wide = useMediaQuery(wideEnough) ?? true;
  const preflight = useQuery({ ...preflightQuery(campaign.id), enabled: false });
  const { refetch, data } = preflight;
  const { version, loading } = campaign;
  const settled = saved || saving.state === 'refused' || saving.state === 'unfinished';
  const client = useQueryClient();
  const check = useCallback(() => {
    const { queryKey } = preflightQuery(campaign.id);
    // A check that is running would be followed to its end; what it counts is out of date.
    if (client.getQueryData<Preflight>(queryKey)?.status === 'running') void client.resetQueries({ queryKey });
    void refetch();
  }, [client, campaign.id, refetch]);
  // Receivers may have changed since the last check, so each visit makes a new one, of what is saved. While they are being
  // added or switched, its figures would be over at once.
  useEffect(() => {
    if (settled && !loading) check();
  }, [settled, version, loading, check]);
  // Somebody else has changed the draft: their version is what was checked.
  useEffect(() => {
    if (data !== undefined && data.campaign_version > version) {
      void client.invalidateQueries({ queryKey: campaignQuery(campaign.id).queryKey });
    }
  }, [client, campaign.id, data, version]);
  useFollowed(data?.status === 'running', refetch);

  const current =
    data?.campaign_version === version && !(preflight.isFetching && data.status === 'finished') ? data : undefined;
  const gap = gapsOf(i18n, fields, campaign, { problem, switching })[0];
  const checks = (
    <Stack gap="lg" key="checks">
      {(saving.state === 'refused' || saving.state === 'unfinished') && (
        <Banner
          live
          tone="bad"
          title={<Trans>Some of your changes are not saved</Trans>}
          action={
            <TextLink to={stepPath(campaign.id, 'message')}>
              <Trans>Fix it</Trans>
            </TextLink>
          }
        >
          {saving.state === 'refused' ? refusalText(i18n, saving.problem) : lackText(i18n, saving.part, saving.lacked)}
          <br />
          <Trans>The check, the preview and the test use the last saved version.</Trans>
        </Banner>
      )}
      <section aria-labelledby="check">
        <Group justify="space-between" mb={4}>
          <Title order={2} fz="md" id="check" tabIndex={-1} style={{ outline: 'none' }}>
            <Trans>Who gets it</Trans>
          </Title>
          <Button
            variant="subtle"
            size="xs"
            loading={preflight.isFetching}
            onClick={check}
            leftSection={<Icon name="refresh" size={14} />}
          >
            <Trans>Check again</Trans>
          </Button>
        </Group>
        <ProblemNote problem={preflight.error} retry={check} />
        {current === undefined && preflight.error === null && <Waiting loading={loading} switching={switching} />}
        {current?.status === 'running' && (
          <Stack gap={4} mb="sm" role="status">
            <Text size="sm">
              <Trans>
                Checking every receiver: {i18n.number(current.receivers)} of {i18n.number(campaign.totals.receivers)}
              </Trans>
            </Text>
            <Progress
              aria-label={t`Checked`}
              value={(100 * current.receivers) / Math.max(1, campaign.totals.receivers)}
            />
          </Stack>
        )}
        {current !== undefined && <PreflightReport preflight={current} />}
      </section>
      <PreviewPanel receiver={receiver} onReceiver={setReceiver} />
      {fields.channels.some((it) => fields.content[it] != null) && <TestSend receiver={receiver} />}
    </Stack>
  );
  const sending = (
    <Paper key="sending" withBorder p="md" className="sending">
      <SendPanel preflight={current} gap={gap} unsaved={!saved} onRefused={check} />
    </Paper>
  );
  // Where they stand below each other, the button to send is on the first screen. With keys, both keep what was typed in them.
  return <div className="confirming">{wide ? [checks, sending] : [sending, checks]}</div>;
}

/** Before there are figures: they are on their way, or it is not yet time for them. */
function Waiting({ loading, switching }: { loading: boolean; switching: Schemas['Job'] | undefined }) {
  if (!loading) return <Loading rows={3} />;
  return (
    <Text c="dimmed">
      {switching?.status === 'running' ? (
        <Trans>A channel is being switched for everyone. The check starts when that is done.</Trans>
      ) : (
        <Trans>Receivers are still being added. The check starts when that is done.</Trans>
      )}
    </Text>
  );
}

const AGAIN = 2_000;

/** Asks again while a check is running and the page is visible. */
function useFollowed(running: boolean, refetch: () => unknown) {
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') refetch();
    }, AGAIN);
    return () => clearInterval(timer);
  }, [running, refetch]);
}
