import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';

import { get } from '../../api';
import { priorities } from '../../campaigns/words';
import {
  ButtonLink,
  EmptyState,
  Group,
  Page,
  Paper,
  SimpleGrid,
  Stack,
  Text,
  TextLink,
  Title,
  Pending,
} from '../../ui';
import { LanguageNames, PartNames } from '../document/PartNames';

/** The texts that come with Carillon. */
export function LibraryPage() {
  const { t, i18n } = useLingui();
  const library = useQuery(get('/v1/library'));
  const templates = library.data?.templates;
  return (
    <Page title={t`Library`} about={t`Texts that come with Carillon: use one as is, or copy it and make it yours.`}>
      {templates === undefined ? (
        <Pending query={library} rows={6} />
      ) : templates.length === 0 ? (
        <EmptyState icon="library" title={t`The library is empty`} />
      ) : (
        <SimpleGrid cols={{ base: 1, sm: 2, xl: 3 }} spacing="md">
          {templates.map((it) => (
            <Paper key={it.id} withBorder p="md" component="article" aria-label={it.name}>
              <Stack gap="xs" h="100%" justify="space-between">
                <div>
                  <Title order={2} size="md">
                    <TextLink to={`/library/${it.id}`}>{it.name}</TextLink>
                  </Title>
                  <Text c="dimmed" mt={4}>
                    {it.description}
                  </Text>
                </div>
                <Group justify="space-between" gap="xs">
                  <Text size="xs" c="dimmed" component="div" style={{ flex: '1 1 200px' }}>
                    <div>
                      <PartNames of={it.channels} />
                    </div>
                    <Trans>
                      English, <LanguageNames of={it.languages} />
                    </Trans>
                    {it.priority !== 'normal' && <> · {t`Priority: ${i18n._(priorities[it.priority])}`}</>}
                  </Text>
                  <ButtonLink to={`/library/${it.id}`} size="xs" variant="default">
                    <Trans>View</Trans>
                  </ButtonLink>
                </Group>
              </Stack>
            </Paper>
          ))}
        </SimpleGrid>
      )}
    </Page>
  );
}
