import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';

import { get, type Schemas } from '../../api';
import { Code, CopyText, List, Section, Stack, Text, TextLink, When } from '../../ui';

/** What is set elsewhere: the default wrapper, and what the platform grants. */
export function GivenByPlatform({ tenant }: { tenant: Schemas['Tenant'] }) {
  const { t } = useLingui();
  return (
    <Section title={t`Set elsewhere`}>
      <Stack gap="md">
        <div>
          <Text fw={600}>
            <Trans>Default wrapper</Trans>
          </Text>
          <Text c="dimmed">
            <Trans>What surrounds an email that names no wrapper.</Trans>
          </Text>
          {tenant.default_wrapper == null ? (
            <Text>
              <Trans>
                None.{' '}
                <TextLink to="/wrappers" underline="always">
                  Choose one
                </TextLink>
              </Trans>
            </Text>
          ) : (
            <WrapperLink id={tenant.default_wrapper} />
          )}
        </div>
        <div>
          <Text fw={600}>
            <Trans>What you may send as through the platform’s accounts</Trans>
          </Text>
          {tenant.identities.length === 0 ? (
            <Text c="dimmed">
              <Trans>Nothing. Whoever runs the platform can grant it; accounts of your own need no permission.</Trans>
            </Text>
          ) : (
            <List size="sm" mt={4}>
              {tenant.identities.map((it) => (
                <List.Item key={it}>
                  <Identity text={it} />
                </List.Item>
              ))}
            </List>
          )}
        </div>
        <Text size="sm" c="dimmed" component="div">
          <Trans>
            Tenant <CopyText value={tenant.id} label={t`the tenant’s id`} />, created <When at={tenant.created_at} />
          </Trans>
        </Text>
      </Stack>
    </Section>
  );
}

function WrapperLink({ id }: { id: string }) {
  const wrapper = useQuery(get('/v1/wrappers/{wrapper}', { params: { path: { wrapper: id } } }));
  return <TextLink to={`/wrappers/${id}`}>{wrapper.data?.name ?? id}</TextLink>;
}

/** An identity in words; its form is that of the platform's operator. */
function Identity({ text }: { text: string }) {
  const { t } = useLingui();
  const [kind, ...rest] = text.split(':');
  const value = rest.join(':');
  const kinds: Record<string, string> = {
    email: value.includes('@') ? t`Email address` : t`Every email address of the domain`,
    configuration_set: t`Configuration set`,
    ses_tenant: t`SES tenant`,
    sender: value === '*' ? t`Text messages without a sender ID` : t`Sender ID of text messages`,
    origination: t`Number or pool of text messages`,
    application: t`Devices of the application`,
  };
  const name = kinds[kind ?? ''];
  if (name === undefined) return <Code>{text}</Code>;
  return value === '*' ? (
    <>{name}</>
  ) : (
    <>
      {name} <Code>{value}</Code>
    </>
  );
}
