import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';

import { api, call, get, type Problem, type Schemas, useAction } from '../../api';
import {
  Button,
  Group,
  ProblemNote,
  Section,
  Stack,
  Text,
  TextInput,
  TextLink,
  useFocusOnProblem,
  useUnsaved,
} from '../../ui';
import type { Vendor } from '../vendors';
import { Either } from './Either';
import { KeptCredentials } from './KeptCredentials';
import { type Item, layoutOf, placesOf } from './layout';
import { Rules } from './Rules';
import { bodyOf, type Values, valuesOf } from './values';
import { VendorInput } from './VendorInput';

type Transport = Schemas['Transport'];

type Props = {
  vendor: Vendor;
  /** The account that is changed; absent for a new one. */
  transport?: Transport;
  /** Names that other accounts have. */
  taken?: string[];
  onSaved: (transport: Transport) => void;
};

/** The form for an account of any vendor, drawn from the API's description of it. */
export function AccountForm({ vendor, transport, taken = [], onSaved }: Props) {
  const { t } = useLingui();
  const form = useRef<HTMLFormElement>(null);
  const stored = transport === undefined ? {} : valuesOf(transport);
  const [id, setId] = useState(() => transport?.id ?? freeName(vendor.id, taken));
  const [changes, setChanges] = useState<Values>({});
  const [replaces, setReplaces] = useState(false);
  const values = { ...stored, ...changes };
  const dirty = Object.entries(changes).some(([place, value]) => (stored[place] ?? '') !== value);
  const letPass = useUnsaved(dirty);
  const save = useAction(
    async () => {
      const body = bodyOf(vendor, values, transport === undefined || replaces);
      return call(api.PUT('/v1/transports/{transport}', { params: { path: { transport: id } }, body }));
    },
    {
      refresh: ['/v1/transports', '/v1/routes'],
      onDone: (saved) => {
        letPass();
        // A new account is left for its page; the form is not emptied before one's eyes.
        if (transport !== undefined) setChanges({});
        setReplaces(false);
        onSaved(saved);
      },
    },
  );
  const example = `${vendor.id.replaceAll('_', '-')}-main`;
  const [idProblem, setIdProblem] = useState<string | undefined>();
  useFocusOnProblem(form, save.error);

  const change = (more: Values) => setChanges((before) => ({ ...before, ...more }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wrong = transport === undefined ? wrongName(id, taken) : undefined;
    setIdProblem(
      wrong === 'taken'
        ? t`Another account has this name.`
        : wrong === 'form'
          ? t`1 to 32 lowercase letters (a to z), digits and hyphens.`
          : undefined,
    );
    if (wrong === undefined) {
      // The server does not keep credentials that would then go to another address.
      const onError = (problem: Problem) => setReplaces(problem.of('credentials') !== undefined || replaces);
      save.mutate(undefined, { onError });
    } else form.current?.querySelector<HTMLElement>('[name="transport"]')?.focus();
  };

  const layout = layoutOf(vendor);
  const open = transport === undefined || replaces;
  const errorAt = (place: string) => {
    const found = save.error?.fields.filter(({ field }) => field === place) ?? [];
    if (found.length === 0) return undefined;
    return found
      .map(({ code, detail }) => {
        const words = withLabels(vendor, detail);
        if (code === 'missing' && words === 'not empty') return t`Fill this in.`;
        return code === 'missing' ? t`Missing: ${words}` : words;
      })
      .join(' ');
  };
  const draw = (items: Item[]) =>
    items.map((item) =>
      item.kind === 'field' ? (
        <VendorInput key={item.placed.place} placed={item.placed} values={values} onChange={change} errorAt={errorAt} />
      ) : (
        <Either
          key={item.groups[0]?.[0]?.place}
          groups={item.groups}
          required={item.required}
          values={values}
          onChange={change}
          errorAt={errorAt}
        />
      ),
    );
  const hasSender = layout.sender.items.length > 0;
  return (
    <form ref={form} noValidate onSubmit={submit} aria-label={t`Account`}>
      <Stack gap="md">
        {transport === undefined && (
          <Section title={t`Name`}>
            <TextInput
              label={t`Name of the account`}
              description={t`What you will call it in routes and reports, for example ${example}. It cannot be changed later.`}
              name="transport"
              value={id}
              onChange={(event) => setId(event.currentTarget.value)}
              error={idProblem ?? errorAt('transport')}
              withAsterisk
              autoFocus
              spellCheck={false}
              autoComplete="off"
            />
          </Section>
        )}
        {hasSender && (
          <Section title={t`Sender`} about={vendor.account === 'platform' ? <Granted /> : undefined}>
            {draw(layout.sender.items)}
            <Rules rules={layout.sender.rules} />
          </Section>
        )}
        {layout.settings.items.length > 0 && (
          <Section title={t`Settings`} about={!hasSender && vendor.account === 'platform' ? <Granted /> : undefined}>
            {draw(layout.settings.items)}
            <Rules rules={layout.settings.rules} />
          </Section>
        )}
        <Section title={t`Credentials`}>
          {layout.credentials.items.length === 0 ? (
            <Text c="dimmed">
              <Trans>None are needed: the account belongs to the platform.</Trans>
            </Text>
          ) : (
            <>
              {transport !== undefined && (
                <KeptCredentials
                  open={open}
                  onOpen={() => setReplaces(true)}
                  onKeep={() => {
                    setReplaces(false);
                    setChanges((before) => withoutCredentials(before));
                  }}
                />
              )}
              {open && draw(layout.credentials.items)}
              {open && <Rules rules={layout.credentials.rules} />}
              {errorAt('credentials') !== undefined && (
                <Text size="sm" role="alert" style={{ color: 'var(--bad)' }}>
                  {errorAt('credentials')}
                </Text>
              )}
            </>
          )}
        </Section>
        <ProblemNote
          problem={save.error}
          shown={['transport', 'credentials', ...placesOf(vendor).map(({ place }) => place)]}
        />
        <Group>
          <Button type="submit" loading={save.isPending}>
            {transport === undefined ? <Trans>Set up</Trans> : <Trans>Save</Trans>}
          </Button>
          {dirty && transport !== undefined && (
            <Text size="sm" c="dimmed">
              <Trans>Not saved yet</Trans>
            </Text>
          )}
        </Group>
      </Stack>
    </form>
  );
}

/** What the platform lets the tenant send as through its own accounts. */
function Granted() {
  const tenant = useQuery(get('/v1/tenant'));
  const identities = tenant.data?.identities;
  if (identities === undefined) return null;
  return identities.length === 0 ? (
    <Trans>This account belongs to the platform, which has not granted you a sender yet. Ask its operator.</Trans>
  ) : (
    <Trans>
      This account belongs to the platform. You can only use the senders that it has granted you, listed under{' '}
      <TextLink to="/tenant" underline="always">
        Tenant
      </TextLink>
      .
    </Trans>
  );
}

/** The API calls fields by their places in the request; the form has labels for them. */
function withLabels(vendor: Vendor, detail: string): string {
  const labels = new Map(placesOf(vendor).map(({ place, field }) => [place, field.label]));
  return detail.replaceAll(/[a-z]+(?:[._][a-z]+)+/g, (word) => labels.get(word) ?? word);
}

function withoutCredentials(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([place]) => !place.startsWith('credentials.')));
}

function wrongName(id: string, taken: string[]): 'form' | 'taken' | undefined {
  if (!/^[a-z0-9-]{1,32}$/.test(id)) return 'form';
  return taken.includes(id) ? 'taken' : undefined;
}

/** The vendor's name, with a number if an account has it already. */
function freeName(vendor: string, taken: string[]): string {
  const base = vendor.replaceAll('_', '-');
  let name = base;
  for (let number = 2; taken.includes(name); number += 1) name = `${base}-${number}`;
  return name;
}
