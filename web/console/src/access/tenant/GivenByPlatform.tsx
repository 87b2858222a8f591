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
            <Trans>Used for emails that name no wrapper.</Trans>
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
            <Trans>Senders granted by the platform</Trans>
          </Text>
          {tenant.identities.length === 0 ? (
            <Text c="dimmed">
              <Trans>None. The platform’s operator can grant you senders; your own accounts need no permission.</Trans>
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
    email: value.includes('@') ? t`Email address` : t`Any address at the domain`,
    configuration_set: t`Configuration set`,
    ses_tenant: t`SES tenant`,
    sender: value === '*' ? t`SMS without a sender ID` : t`SMS sender ID`,
    origination: t`SMS number or pool`,
    application: t`Devices of the app`,
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
