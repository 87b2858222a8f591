import { Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';

import { Box, Group, Icon, SearchField, Section, Stack, Text, UnstyledButton } from '../ui';
import type { Vendor } from './vendors';

type Props = { vendors: Vendor[]; onChoose: (id: string) => void };

/** Whose account it is. */
export function VendorChoice({ vendors, onChoose }: Props) {
  const { t } = useLingui();
  const [words, setWords] = useState('');
  const sought = words.trim().toLowerCase();
  const found = vendors.filter((it) => it.name.toLowerCase().includes(sought) || it.id.includes(sought));
  return (
    <Section
      title={t`Whose account is it?`}
      action={<SearchField label={t`Search providers`} value={words} onChange={setWords} />}
    >
      <Stack gap={4} component="ul" style={{ listStyle: 'none', margin: 0, padding: 0 }}>
        {found.map((it) => (
          <li key={it.id}>
            <UnstyledButton className="choice" w="100%" onClick={() => onChoose(it.id)}>
              <Group justify="space-between" wrap="nowrap">
                <Box style={{ minWidth: 0 }}>
                  <Text fw={600}>{it.name}</Text>
                  <Text size="sm" c="dimmed">
                    {it.account === 'platform' ? (
                      <Trans>The platform’s account: no credentials are needed</Trans>
                    ) : (
                      <Trans>Your own account</Trans>
                    )}
                  </Text>
                </Box>
                <Icon name="next" size={16} />
              </Group>
            </UnstyledButton>
          </li>
        ))}
      </Stack>
      {found.length === 0 && (
        <Text c="dimmed">
          <Trans>
            No provider matches this name. Your own HTTP endpoint can pass messages on to any other service.
          </Trans>
        </Text>
      )}
    </Section>
  );
}
