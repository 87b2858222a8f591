import { Trans, useLingui } from '@lingui/react/macro';
import { useMemo, useRef } from 'react';

import { api, call, type Schemas, useAction } from '../../api';
import { channels } from '../../campaigns/words';
import {
  Button,
  ButtonLink,
  Group,
  Icon,
  notify,
  ProblemNote,
  Section,
  Stack,
  Text,
  TextLink,
  useConfirm,
  useFocusOnProblem,
} from '../../ui';
import { bodyOf, byPrefix, newLeg, nextKey, type Plan, plansOf, same } from './plan';
import { RouteEditor } from './RouteEditor';

type Props = {
  channel: Schemas['Channel'];
  stored: Schemas['Route'][];
  accounts: Schemas['Transport'][];
  currency: string | undefined;
  /** What is edited; absent while nothing differs from what is stored. */
  draft: Plan[] | undefined;
  onDraft: (draft: Plan[] | undefined) => void;
};

/** The routes of one channel. */
export function ChannelRoutes({ channel, stored, accounts, currency, draft, onDraft }: Props) {
  const { t, i18n } = useLingui();
  const ask = useConfirm();
  const form = useRef<HTMLDivElement>(null);
  const name = i18n._(channels[channel].title);
  const before = useMemo(() => plansOf(stored), [stored]);
  const plans = draft ?? before;
  const save = useAction(
    () =>
      plans.length === 0
        ? call(api.DELETE('/v1/routes/{channel}', { params: { path: { channel } } }))
        : call(api.PUT('/v1/routes/{channel}', { params: { path: { channel } }, body: bodyOf(plans) })),
    {
      refresh: ['/v1/routes', '/v1/transports'],
      onDone: () => {
        onDraft(undefined);
        notify(t`The routes of ${name} are saved. They take effect within a minute.`);
      },
    },
  );
  useFocusOnProblem(form, save.error);
  const edit = (after: Plan[], structure = true) => {
    // Problems name places, which are others after rows were moved.
    if (structure) save.reset();
    onDraft(same(after, before) ? undefined : after);
  };
  const submit = async () => {
    const sure =
      plans.length > 0 ||
      (await ask({
        title: t`Remove all routes of ${name}?`,
        text: (
          <Trans>Within a minute, all messages of the channel go through its oldest account that is switched on.</Trans>
        ),
        verb: t`Remove the routes`,
      }));
    if (sure) save.mutate();
  };
  const oldest = accounts.filter((it) => it.enabled).toSorted((a, b) => a.created_at.localeCompare(b.created_at))[0];
  const first = oldest?.id ?? accounts[0]?.id ?? '';
  const add = (prefix: string | null) =>
    edit([
      // The route for everybody else is read last, so it stands last.
      ...(prefix === null ? plans : plans.filter((it) => it.prefix !== null)),
      { key: nextKey(), prefix, shares: false, legs: [newLeg(first)] },
      ...(prefix === null ? [] : plans.filter((it) => it.prefix === null)),
    ]);
  const hasElse = plans.some((it) => it.prefix === null);
  return (
    <div id={channel} ref={form} style={{ scrollMarginTop: 64 }}>
      <Section title={name}>
        {accounts.length === 0 ? (
          <Group justify="space-between">
            <Text c="dimmed">
              <Trans>No account is set up for this channel, so there is nothing to choose from.</Trans>
            </Text>
            <ButtonLink to={`/transports/new?channel=${channel}`} size="xs" variant="default">
              <Trans>Set up {name}</Trans>
            </ButtonLink>
          </Group>
        ) : plans.length === 0 ? (
          <Text component="div">
            {oldest === undefined ? (
              <Trans>All accounts of the channel are switched off, so nothing is sent.</Trans>
            ) : channel === 'push' ? (
              <Trans>No routes. Each device gets its messages through the oldest account for its kind.</Trans>
            ) : (
              <Trans>
                No routes. Everything goes through{' '}
                <TextLink to={`/transports/${oldest.id}`} underline="always">
                  {oldest.id}
                </TextLink>
                , the oldest account that is switched on.
              </Trans>
            )}
          </Text>
        ) : (
          <Stack gap="sm">
            {channel === 'push' && (
              <Text size="sm" c="dimmed">
                <Trans>
                  Each device belongs to one push service, so together, the accounts of the route must cover all kinds
                  of devices.
                </Trans>
              </Text>
            )}
            {plans.map((plan, index) => (
              <RouteEditor
                key={plan.key}
                plan={plan}
                alone={plans.length === 1}
                accounts={accounts}
                currency={currency}
                isText={channel === 'sms'}
                place={`routes[${index}]`}
                problem={save.error}
                onChange={(after, structure) =>
                  edit(
                    plans.map((it) => (it.key === plan.key ? after : it)),
                    structure,
                  )
                }
                onRemove={() => edit(plans.filter((it) => it.key !== plan.key))}
              />
            ))}
            {!hasElse && (
              <Text size="sm" role="status" style={{ color: 'var(--warn)' }}>
                <Trans>Other numbers have no route yet and get no messages.</Trans>
              </Text>
            )}
          </Stack>
        )}
        {accounts.length > 0 && (
          <Group gap="xs">
            {byPrefix[channel] && (
              <Button size="xs" variant="default" leftSection={<Icon name="plus" size={14} />} onClick={() => add('+')}>
                <Trans>Add a route by number</Trans>
              </Button>
            )}
            {!hasElse && (
              <Button
                size="xs"
                variant="default"
                leftSection={<Icon name="plus" size={14} />}
                onClick={() => add(null)}
              >
                {byPrefix[channel] ? <Trans>Add a route for all others</Trans> : <Trans>Choose the order</Trans>}
              </Button>
            )}
          </Group>
        )}
        <ProblemNote problem={save.error} shown={placesOf(plans)} />
        {draft !== undefined && (
          <Group gap="xs">
            <Button onClick={() => void submit()} loading={save.isPending}>
              <Trans>Save the routes of {name}</Trans>
            </Button>
            <Button
              variant="default"
              onClick={() => {
                save.reset();
                onDraft(undefined);
              }}
            >
              <Trans>Undo changes</Trans>
            </Button>
            <Text size="sm" c="dimmed" role="status">
              <Trans>Not saved yet</Trans>
            </Text>
          </Group>
        )}
      </Section>
    </div>
  );
}

/** The places whose problems are shown at their rows. */
function placesOf(plans: Plan[]): string[] {
  return plans.flatMap(({ legs }, route) => [
    `routes[${route}].prefix`,
    `routes[${route}].transports`,
    ...legs.flatMap((_, leg) =>
      ['transport', 'weight', 'price'].map((name) => `routes[${route}].transports[${leg}].${name}`),
    ),
  ]);
}
