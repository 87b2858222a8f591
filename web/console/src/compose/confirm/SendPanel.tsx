import type { I18n } from '@lingui/core';
import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';

import { api, call, ifMatch, type Problem, type Schemas, useAction } from '../../api';
import { channels as known } from '../../campaigns/words';
import {
  Banner,
  Button,
  Icon,
  List,
  notify,
  Objection,
  ProblemNote,
  SegmentedControl,
  Stack,
  Text,
  Title,
  useConfirm,
  useParam,
} from '../../ui';
import { campaignQuery, useComposed } from '../draft/useDraft';
import { type Gap, gapPath } from '../steps';
import { costText } from './CostRange';
import { Findings } from './Findings';
import { asSentence, warningsOf } from './findings';
import { ScheduleForm } from './ScheduleForm';

type Preflight = Schemas['Preflight'];

type Props = {
  /** The check of the saved version, once there is one. */
  preflight: Preflight | undefined;
  gap: Gap | undefined;
  unsaved: boolean;
  /** The API found something that the check before did not show. */
  onRefused: () => void;
};

/** Sends the campaign, now or at a time. */
export function SendPanel({ preflight, gap, unsaved, onRefused }: Props) {
  const { t, i18n } = useLingui();
  const { campaign, accepted: acceptedWarnings, accept } = useComposed();
  const client = useQueryClient();
  const navigate = useNavigate();
  const confirm = useConfirm();
  const [when, setWhen] = useParam('when');
  const later = when === 'later';
  const [asked, setAsked] = useState(false);
  const findings = preflight?.status === 'finished' ? preflight.findings : undefined;
  const warnings = warningsOf(i18n, findings ?? []);
  const accepted = warnings === '' || acceptedWarnings === warnings;
  // If warnings turn up between the check and this, they are shown first.
  const body = { accept_warnings: warnings !== '' && accepted };
  const publish = useAction(
    () =>
      call(
        api.POST('/v1/campaigns/{campaign}/publish', {
          params: { path: { campaign: campaign.id }, header: ifMatch(campaign) },
          body,
        }),
      ),
    {
      refresh: [],
      onDone: (published) => {
        client.setQueryData(campaignQuery(campaign.id).queryKey, published);
        void client.invalidateQueries({ queryKey: ['/v1/campaigns'] });
        notify(t`Sending has started. The results appear here.`);
        void navigate(`/campaigns/${campaign.id}`, { replace: true });
      },
    },
  );
  const schedule = useAction(
    (time: { local_time: string; time_zone: string }) =>
      call(
        api.POST('/v1/campaigns/{campaign}/schedule', {
          params: { path: { campaign: campaign.id }, header: ifMatch(campaign) },
          body: { ...time, ...body },
        }),
      ),
    {
      refresh: [],
      onDone: (scheduled) => {
        client.setQueryData(campaignQuery(campaign.id).queryKey, scheduled);
        void client.invalidateQueries({ queryKey: ['/v1/campaigns'] });
        notify(t`The campaign is scheduled.`);
      },
    },
  );
  const blocking = findings?.filter((it) => it.severity === 'blocking').length ?? 0;
  const hindrance = ((): { text: string; go: () => void } | undefined => {
    if (gap !== undefined) return { text: gap.text, go: () => void navigate(gapPath(campaign.id, gap)) };
    if (unsaved) return { text: t`Your changes are still being saved. Try again in a moment.`, go: () => {} };
    if (findings === undefined) {
      return { text: t`The check is not finished yet. Try again when it is.`, go: focus('check') };
    }
    if (blocking > 0) return { text: t`Fix the problem above first.`, go: focus('blocking') };
    if (!accepted) return { text: t`Read the warning above, and tick the box below it.`, go: focus('accept-warnings') };
    return undefined;
  })();
  const send = async () => {
    if (preflight === undefined) return;
    const yes = await confirm({
      title: peopleText(preflight, (people, upTo) =>
        upTo
          ? t`Send to up to ${i18n.number(people)} people now?`
          : people === 1
            ? t`Send to 1 person now?`
            : t`Send to ${i18n.number(people)} people now?`,
      ),
      text: <Consequence preflight={preflight} />,
      verb: t`Send now`,
    });
    if (yes) publish.mutate(undefined, { onError: onRefused });
  };
  const refused = later ? schedule.error : publish.error;
  return (
    <section aria-labelledby="send">
      <Title order={2} fz="md" id="send" mb="xs">
        <Trans>Send</Trans>
      </Title>
      <Stack gap="sm">
        {preflight?.channels.some((it) => it.receivers > 0) === true && (
          <Text>
            {peopleText(preflight, (people, upTo) =>
              upTo ? (
                <Plural value={people} one="Up to # person" other="Up to # people" />
              ) : (
                <Plural value={people} one="# person" other="# people" />
              ),
            )}
            {': '}
            {channelsText(i18n, preflight)}
          </Text>
        )}
        {findings !== undefined && (
          <Findings
            campaign={campaign.id}
            findings={findings}
            accepted={accepted}
            onAccept={(yes) => accept(yes ? warnings : undefined)}
          />
        )}
        <SegmentedControl
          aria-label={t`When`}
          value={later ? 'later' : 'now'}
          onChange={(it) => setWhen(it === 'later' ? it : '')}
          data={[
            { value: 'now', label: t`Now` },
            { value: 'later', label: t`At a set time` },
          ]}
        />
        <Refusal problem={refused} />
        {later ? (
          <ScheduleForm
            verb={t`Schedule`}
            hindrance={hindrance}
            pending={schedule.isPending}
            problem={schedule.error}
            onSubmit={(time) => schedule.mutate(time, { onError: onRefused })}
          />
        ) : (
          <>
            <Button
              size="md"
              fullWidth
              loading={publish.isPending}
              leftSection={<Icon name="send" size={16} />}
              onClick={() => {
                setAsked(hindrance !== undefined);
                if (hindrance === undefined) void send();
                else hindrance.go();
              }}
            >
              {t`Send now…`}
            </Button>
            {asked && hindrance !== undefined && <Objection>{hindrance.text}</Objection>}
          </>
        )}
        <Text size="xs" c="dimmed">
          {later ? (
            <Trans>Until then, you can move it or take it back.</Trans>
          ) : (
            <Trans>You are asked once more before anything is sent.</Trans>
          )}
        </Text>
      </Stack>
    </section>
  );
}

/** How many people are reached: the check counts them for each channel, so with several channels it may be a few less. */
function peopleText<Words>(preflight: Preflight, words: (people: number, upTo: boolean) => Words): Words {
  const reached = preflight.channels.map((it) => it.receivers);
  const most = Math.max(0, ...reached);
  const sum = Math.min(
    preflight.receivers,
    reached.reduce((total, it) => total + it, 0),
  );
  return words(sum, most !== sum);
}

/** "Email 980, SMS 900" */
function channelsText(i18n: I18n, preflight: Preflight): string {
  return preflight.channels
    .filter((it) => it.receivers > 0)
    .map((it) => `${i18n._(known[it.channel].title)} ${i18n.number(it.receivers)}`)
    .join(', ');
}

function Consequence({ preflight }: { preflight: Preflight }) {
  const { i18n } = useLingui();
  const cost = preflight.cost == null ? undefined : costText(i18n, preflight.cost);
  return (
    <Stack gap={4}>
      <Text fw={600}>
        {channelsText(i18n, preflight)}
        {cost !== undefined && (
          <>
            , <Trans>about {cost}</Trans>
          </>
        )}
      </Text>
      <Text>
        <Trans>This cannot be undone, but you can pause.</Trans>
      </Text>
    </Stack>
  );
}

function Refusal({ problem }: { problem: Problem | null }) {
  const findings = problem?.members.findings ?? [];
  if (problem == null) return null;
  if (findings.length === 0) return <ProblemNote problem={problem} shown={['local_time', 'time_zone']} />;
  return (
    <Banner
      live
      tone="bad"
      title={<Plural value={findings.length} one="Not sent: # problem" other="Not sent: # problems" />}
    >
      <List size="sm">
        {findings.map((it) => (
          <List.Item key={`${it.code} ${it.detail}`}>{asSentence(it.detail)}</List.Item>
        ))}
      </List>
    </Banner>
  );
}

function focus(id: string) {
  return () => {
    const control = document.getElementById(id);
    control?.scrollIntoView({ block: 'center' });
    control?.focus();
  };
}
