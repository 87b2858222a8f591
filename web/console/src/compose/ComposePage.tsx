import './compose.css';

import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { Navigate, Outlet, useLocation, useNavigate, useParams } from 'react-router';

import { api, call, get, ifMatch, LIVE, type Schemas, useAction } from '../api';
import {
  Box,
  Button,
  ButtonLink,
  Group,
  Icon,
  Loading,
  Menu,
  notify,
  Objection,
  Page,
  ProblemNote,
  Stack,
  Text,
  TextLink,
  useConfirm,
  useMediaQuery,
  PageMenu,
  VisuallyHidden,
} from '../ui';
import { isBeingSwitched, useSwitching } from '../receivers/useSwitching';
import { ClashDialog } from './draft/ClashDialog';
import { partTitle } from './draft/partWords';
import { SaveState } from './draft/SaveState';
import { campaignQuery, ComposedDraft, type Draft, useComposed, useDraft } from './draft/useDraft';
import { FoldedSummary, Summary } from './Summary';
import { StepList } from './StepList';
import { usePassedSteps } from './passedSteps';
import { gapPath, gapsOf, type Step, stepPath, steps, stepTitles, stepToGoOn, wideEnough } from './steps';

type Campaign = Schemas['Campaign'];

/** The wizard around its steps: reads the draft and the tenant that its unsaved edits are kept under. */
export function ComposePage() {
  const { t } = useLingui();
  const { campaign: id = '' } = useParams();
  const client = useQueryClient();
  const campaign = useQuery({
    ...campaignQuery(id),
    // A switch for everybody is followed by itself, and the draft is read again when it is done.
    refetchInterval: (it) => (it.state.data?.loading === true && !isBeingSwitched(client, id) ? LIVE : false),
  });
  const tenant = useQuery(get('/v1/tenant'));
  const problem = campaign.error ?? tenant.error;
  if (campaign.data === undefined || tenant.data === undefined) {
    return (
      <Page title={t`Compose`} back={{ to: '/drafts', title: t`Drafts` }}>
        {problem === null ? (
          <Loading rows={8} />
        ) : problem.status === 404 ? (
          <Stack align="flex-start">
            <Text>
              <Trans>This draft does not exist. It may have been deleted.</Trans>
            </Text>
            <ButtonLink to="/compose">
              <Trans>Compose a campaign</Trans>
            </ButtonLink>
          </Stack>
        ) : (
          <ProblemNote problem={problem} retry={() => void Promise.all([campaign.refetch(), tenant.refetch()])} />
        )}
      </Page>
    );
  }
  const { status } = campaign.data;
  if (status !== 'draft' && status !== 'scheduled') return <Navigate to={`/campaigns/${id}`} replace />;
  return <Composing key={id} campaign={campaign.data} tenant={tenant.data.id} />;
}

function Composing({ campaign, tenant }: { campaign: Campaign; tenant: string }) {
  const { t, i18n } = useLingui();
  const draft = useDraft(campaign, tenant);
  const switching = useSwitching(campaign.id, campaign.loading);
  const { pathname, hash, key } = useLocation();
  const heading = useRef<HTMLHeadingElement>(null);
  const step = steps.find((it) => pathname.endsWith(`/${it}`));
  const writing = step === 'message';
  const wide = useMediaQuery(writing ? '(min-width: 105em)' : wideEnough) ?? true;
  const passed = usePassedSteps(campaign.id, step);
  const [accepted, accept] = useState<string | undefined>();
  const gaps = gapsOf(i18n, draft.fields, draft.campaign, { problem: draft.problem, switching });

  // Leaving a step saves what was written in it.
  const { flush } = draft;
  useEffect(() => () => void flush(), [flush, pathname]);
  useEffect(() => {
    if (location.hash === '') heading.current?.focus({ preventScroll: true });
  }, [pathname]);
  // A link to a control moves the focus there, and does so again when it is pressed again.
  useEffect(() => {
    if (hash !== '') focusControl(hash.slice(1));
  }, [hash, key]);
  useToldOfMerge(draft);

  const composing = useMemo(() => ({ ...draft, switching, accepted, accept }), [draft, switching, accepted]);

  if (step === undefined) return <Navigate to={stepPath(campaign.id, stepToGoOn(gaps))} replace />;
  const scheduled = draft.campaign.status === 'scheduled';
  // The last step before sending has all of it in its own words.
  const summed = step !== 'delivery' && (scheduled || step !== 'confirm');
  if (scheduled && step !== 'confirm') return <Navigate to={stepPath(campaign.id, 'confirm')} replace />;
  return (
    <ComposedDraft value={composing}>
      <Page
        title={draft.fields.name.trim() === '' ? t`Draft without a name` : draft.fields.name}
        back={scheduled ? { to: '/campaigns', title: t`Campaigns` } : { to: '/drafts', title: t`Drafts` }}
        about={
          <Group gap="md" style={{ rowGap: 4 }}>
            {scheduled ? <Trans>Scheduled. Nothing is sent yet.</Trans> : <Trans>Nothing is sent yet.</Trans>}
            {!scheduled && <SaveState draft={draft} />}
          </Group>
        }
        actions={scheduled ? undefined : <DraftMenu />}
      >
        {!scheduled && <StepList campaign={campaign.id} current={step} gaps={gaps} passed={passed} />}
        <div className={!summed ? 'composing' : writing ? 'composing beside writing' : 'composing beside'}>
          {!wide && step !== 'delivery' && <FoldedSummary gaps={gaps} />}
          <Stack gap="md" maw={step === 'delivery' ? 760 : undefined}>
            {/* The eye finds it in the list of steps. */}
            <VisuallyHidden>
              <h2 ref={heading} tabIndex={-1}>
                {scheduled ? t`Scheduled` : i18n._(stepTitles[step])}
              </h2>
            </VisuallyHidden>
            {draft.saving.state === 'refused' && draft.saving.problem.fields.length === 0 && (
              <ProblemNote problem={draft.saving.problem} retry={() => void draft.flush()} />
            )}
            <Suspense fallback={<Loading />}>
              <Outlet />
            </Suspense>
            {!scheduled && <Onwards step={step} />}
          </Stack>
          {wide && summed && (
            <aside aria-label={t`Summary`}>
              <Summary gaps={gaps} />
            </aside>
          )}
        </div>
        {draft.saving.state === 'clash' && <ClashDialog clash={draft.saving} onResolve={draft.resolve} />}
      </Page>
    </ComposedDraft>
  );
}

const controls = 'input, textarea, select, button, a, [tabindex]';

/** Moves the focus to the control with which something is mended; it may still be loading. */
function focusControl(id: string, tries = 20) {
  const found = document.getElementById(id);
  const fields = Array.from(found?.querySelectorAll<HTMLInputElement>('[data-field] :is(input, textarea)') ?? []);
  const control = found?.matches(controls)
    ? found
    : // In a form of several fields, it is the first one that is empty.
      (fields.find((it) => it.value.trim() === '') ?? fields[0] ?? found?.querySelector<HTMLElement>(controls));
  if (control != null) {
    control.scrollIntoView({ block: 'center' });
    control.focus();
  } else if (tries > 0) setTimeout(() => focusControl(id, tries - 1), 100);
}

/** Says which changes of somebody else were put together with the person's own. */
function useToldOfMerge({ merged, told }: Draft) {
  const { t, i18n } = useLingui();
  useEffect(() => {
    if (merged.length === 0) return;
    const parts = merged.map((part) => partTitle(i18n, part)).join(', ');
    notify(t`Somebody else changed: ${parts}. Your changes and theirs were merged.`);
    told();
  }, [merged, told, t, i18n]);
}

/** Back and on. Where something is missing, the button leads there and says so. */
function Onwards({ step }: { step: Step }) {
  const { t, i18n } = useLingui();
  const { campaign, fields, flush, problem, switching } = useComposed();
  const { hash } = useLocation();
  const navigate = useNavigate();
  const index = steps.indexOf(step);
  const before = steps[index - 1];
  const after = steps[index + 1];
  const gap = gapsOf(i18n, fields, campaign, { problem, switching }).find((it) => it.step === step);
  const next = after === undefined ? '' : i18n._(stepTitles[after]);
  // Whoever was led to the control is told why, whether by this button or by a link.
  const asked = gap !== undefined && after !== undefined && hash === `#${gap.control}`;
  return (
    <Box className={after === undefined ? undefined : 'onwards'}>
      {asked && (
        <Box mb="xs">
          <Objection>
            <Trans>
              Still to do in this step: {gap.text}.{' '}
              <TextLink to={stepPath(campaign.id, after)} underline="always">
                Skip for now
              </TextLink>
            </Trans>
          </Objection>
        </Box>
      )}
      <Group justify="space-between">
        {before === undefined ? (
          <span />
        ) : (
          <ButtonLink to={stepPath(campaign.id, before)} variant="default" leftSection={<Icon name="back" size={16} />}>
            {i18n._(stepTitles[before])}
          </ButtonLink>
        )}
        {after !== undefined && (
          <Button
            rightSection={<Icon name="next" size={16} />}
            onClick={() => {
              void flush();
              if (gap === undefined) void navigate(stepPath(campaign.id, after));
              else void navigate(gapPath(campaign.id, gap), { replace: true });
            }}
          >
            {t`Next: ${next}`}
          </Button>
        )}
      </Group>
    </Box>
  );
}

function DraftMenu() {
  const { t } = useLingui();
  const { campaign, discard } = useComposed();
  const client = useQueryClient();
  const confirm = useConfirm();
  const navigate = useNavigate();
  const remove = useAction(
    () =>
      call(
        api.DELETE('/v1/campaigns/{campaign}', {
          params: { path: { campaign: campaign.id }, header: ifMatch(campaign) },
        }),
      ),
    {
      // The draft itself is not asked for again: it is gone.
      refresh: [],
      onDone: () => {
        discard();
        void client.invalidateQueries({ queryKey: ['/v1/campaigns'] });
        notify(t`The draft was deleted.`);
        void navigate('/drafts');
      },
    },
  );
  const ask = async () => {
    const { receivers } = campaign.totals;
    const yes = await confirm({
      title: t`Delete this draft?`,
      text: (
        <Plural
          value={receivers}
          _0="What you wrote will be deleted for good. Nothing was sent."
          one="What you wrote and # receiver will be deleted for good. Nothing was sent."
          other="What you wrote and # receivers will be deleted for good. Nothing was sent."
        />
      ),
      verb: t`Delete`,
      grave: true,
    });
    if (yes) remove.mutate();
  };
  return (
    <Box>
      <PageMenu label={t`More`} loading={remove.isPending}>
        <Menu.Item color="red" leftSection={<Icon name="trash" size={16} />} onClick={() => void ask()}>
          {t`Delete draft`}
        </Menu.Item>
      </PageMenu>
      {remove.error !== null && <ProblemNote problem={remove.error} />}
    </Box>
  );
}
