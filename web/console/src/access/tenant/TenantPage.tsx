import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useMemo, useRef, useState } from 'react';

import { api, call, get, type Schemas, useAction } from '../../api';
import {
  Button,
  Group,
  Loading,
  notify,
  NumberInput,
  Page,
  Paper,
  ProblemNote,
  Section,
  Stack,
  Text,
  Textarea,
  TextInput,
  useFocusOnProblem,
  useUnsaved,
} from '../../ui';
import { GivenByPlatform } from './GivenByPlatform';
import { LanguageField, RegionField, TimeZoneField } from './PlaceFields';
import { Prices } from './Prices';
import { changesOf, type Settings, settingsOf } from './settings';

/** What holds for all campaigns of the organization. */
export function TenantPage() {
  const { t } = useLingui();
  const tenant = useQuery(get('/v1/tenant'));
  return (
    <Page narrow title={t`Tenant`} about={<Trans>Settings for all campaigns of your organization.</Trans>}>
      {tenant.data !== undefined ? (
        <SettingsForm tenant={tenant.data} />
      ) : tenant.error !== null ? (
        <ProblemNote problem={tenant.error} retry={() => void tenant.refetch()} />
      ) : (
        <Loading rows={8} />
      )}
    </Page>
  );
}

function SettingsForm({ tenant }: { tenant: Schemas['Tenant'] }) {
  const { t } = useLingui();
  const form = useRef<HTMLFormElement>(null);
  const [edited, setEdited] = useState<Partial<Settings>>({});
  const stored = useMemo(() => settingsOf(tenant), [tenant]);
  const settings: Settings = { ...stored, ...edited };
  const changes = changesOf(tenant, settings);
  const dirty = Object.keys(changes).length > 0;
  useUnsaved(dirty);
  const save = useAction(() => call(api.PATCH('/v1/tenant', { body: changes })), {
    refresh: ['/v1/tenant'],
    onDone: () => {
      setEdited({});
      notify(t`Saved`);
    },
  });
  useFocusOnProblem(form, save.error);
  const set = (more: Partial<Settings>) => setEdited((before) => ({ ...before, ...more }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (dirty) save.mutate();
    else notify(t`There is nothing to save.`);
  };
  const at = (field: string) => save.error?.of(field);
  return (
    <form ref={form} noValidate onSubmit={submit} aria-label={t`Tenant`}>
      <Stack>
        <Section title={t`Organization`}>
          <TextInput
            label={t`Name`}
            description={t`Shown in the console to you and your colleagues.`}
            value={settings.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
            error={at('name')}
            withAsterisk
          />
          <LanguageField
            value={settings.language}
            onChange={(language) => set({ language })}
            error={at('default_language')}
          />
          <RegionField value={settings.region} onChange={(region) => set({ region })} error={at('default_region')} />
          <TimeZoneField value={settings.zone} onChange={(zone) => set({ zone })} error={at('default_time_zone')} />
        </Section>
        <Section
          title={t`Sender`}
          about={<Trans>Shown as the sender in message footers and on the unsubscribe page.</Trans>}
        >
          <TextInput
            label={t`Name`}
            placeholder={settings.name}
            value={settings.senderName}
            onChange={(event) => set({ senderName: event.currentTarget.value })}
            error={at('sender.name')}
          />
          <Textarea
            label={t`Postal address`}
            description={t`Many countries require it in advertising emails.`}
            value={settings.senderAddress}
            onChange={(event) => set({ senderAddress: event.currentTarget.value })}
            error={at('sender.address')}
            maxRows={8}
          />
          <TextInput
            label={t`Link to your privacy policy`}
            placeholder="https://example.org/privacy"
            type="url"
            value={settings.privacyUrl}
            onChange={(event) => set({ privacyUrl: event.currentTarget.value })}
            error={at('sender.privacy_url')}
          />
        </Section>
        <Prices settings={settings} onChange={set} problem={save.error} />
        <Section title={t`Scheduled campaigns`}>
          <NumberInput
            label={t`Latest automatic start, in minutes after the scheduled time`}
            description={t`If an outage makes a campaign later than this, it waits until somebody decides. Default: 60 minutes.`}
            value={settings.lateness}
            onChange={(value) => set({ lateness: typeof value === 'number' ? value : '' })}
            error={at('maximum_lateness_minutes')}
            allowDecimal={false}
            allowNegative={false}
            placeholder="60"
          />
        </Section>
        <GivenByPlatform tenant={tenant} />
        <ProblemNote
          problem={save.error}
          shown={['name', 'default_language', 'default_region', 'default_time_zone', 'maximum_lateness_minutes']
            .concat(['sender.name', 'sender.address', 'sender.privacy_url', 'prices.currency', 'prices.tariffs'])
            .concat(settings.tariffs.map((_, index) => `prices.tariffs[${index}]`))}
        />
        <Paper withBorder p="sm" style={{ position: 'sticky', bottom: 8, zIndex: 3 }}>
          <Group justify="space-between">
            <Text size="sm" c="dimmed" role="status">
              {dirty ? <Trans>Not saved yet</Trans> : <Trans>All changes are saved</Trans>}
            </Text>
            <Button type="submit" loading={save.isPending} variant={dirty ? 'filled' : 'default'}>
              <Trans>Save</Trans>
            </Button>
          </Group>
        </Paper>
      </Stack>
    </form>
  );
}
