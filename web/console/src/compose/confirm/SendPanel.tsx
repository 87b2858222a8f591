import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';

import { api, call, ifMatch, type Problem, type Schemas, useAction } from '../../api';
import { channels as known } from '../../campaigns/words';
import {
  Banner,
  Button,
  Group,
  Icon,
  List,
  notify,
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
import { asSentence } from './findings';
import { ScheduleForm } from './ScheduleForm';

type Preflight = Schemas['Preflight'];

type Props = {
  /** The check of the saved version, once there is one. */
  preflight: Preflight | undefined;
  accepted: boolean;
  hasWarnings: boolean;
  gap: Gap | undefined;
  unsaved: boolean;
  /** The API found something that the check before did not show. */
  onRefused: () => void;
};

/** Sends the campaign, now or at a time. */
export function SendPanel({ preflight, accepted, hasWarnings, gap, unsaved, onRefused }: Props) {
  const { t, i18n } = useLingui();
  const { campaign } = useComposed();
  const client = useQueryClient();
  const navigate = useNavigate();
  const confirm = useConfirm();
  const [when, setWhen] = useParam('when');
  const later = when === 'later';
  // If warnings turn up between the check and this, they are shown first.
  const body = { accept_warnings: hasWarnings && accepted };
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
        notify(t`The campaign is being sent.`);
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
  const blocking = preflight?.findings.filter((it) => it.severity === 'blocking').length ?? 0;
  const hindrance = ((): { text: string; go: () => void } | undefined => {
    if (gap !== undefined) {
      return { text: gap.text, go: () => void navigate(gapPath(campaign.id, gap)) };
    }
    if (unsaved) return { text: t`Waiting for your changes to be saved`, go: () => scrollTo({ top: 0 }) };
    if (preflight === undefined || preflight.status === 'running') {
      return { text: t`Waiting for the check`, go: focus('check') };
    }
    if (blocking > 0) return { text: t`Fix what blocks sending`, go: focus('blocking') };
    if (!accepted) return { text: t`Read the warnings first`, go: focus('accept-warnings') };
    return undefined;
  })();
  const send = async () => {
    if (preflight === undefined) return;
    const yes = await confirm({
      title: peopleQuestion(preflight, (people, upTo) =>
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
      <Stack gap="md" align="flex-start">
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
          <Group>
            <Button
              size="md"
              variant={hindrance === undefined ? 'filled' : 'light'}
              loading={publish.isPending}
              leftSection={<Icon name={hindrance === undefined ? 'send' : 'attention'} size={16} />}
              onClick={() => (hindrance === undefined ? void send() : hindrance.go())}
            >
              {hindrance === undefined ? t`Send now…` : hindrance.text}
            </Button>
          </Group>
        )}
      </Stack>
    </section>
  );
}

/** How many people are reached: the check counts them for each channel, so with several channels it may be a few less. */
function peopleQuestion(preflight: Preflight, question: (people: number, upTo: boolean) => string): string {
  const reached = preflight.channels.map((it) => it.receivers);
  const most = Math.max(0, ...reached);
  const sum = Math.min(
    preflight.receivers,
    reached.reduce((total, it) => total + it, 0),
  );
  return question(sum, most !== sum);
}

function Consequence({ preflight }: { preflight: Preflight }) {
  const { i18n } = useLingui();
  const parts = preflight.channels
    .filter((it) => it.receivers > 0)
    .map((it) => `${i18n._(known[it.channel].title)} ${i18n.number(it.receivers)}`)
    .join(', ');
  const cost = preflight.cost == null ? undefined : costText(i18n, preflight.cost);
  return (
    <Stack gap={4}>
      <Text fw={600}>
        {parts}
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
