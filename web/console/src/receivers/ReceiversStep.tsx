import { Trans, useLingui } from '@lingui/react/macro';

import { useComposed } from '../compose/draft/useDraft';
import { Count, Group, Stack, Text, Title } from '../ui';
import { AddReceivers } from './add/AddReceivers';
import { FileDrawer } from './FileDrawer';
import { ReceiversPanel } from './ReceiversPanel';
import { SourceRows } from './SourceRows';
import { useImports } from './useImports';

/** Step 3: who gets the message. */
export function ReceiversStep() {
  const { t } = useLingui();
  const { campaign, fields, switching } = useComposed();
  const files = useImports(campaign.id);
  const { receivers } = campaign.totals;
  return (
    <Stack gap="lg">
      <AddReceivers
        campaign={campaign}
        channels={fields.channels}
        variables={fields.content.variables ?? []}
        again={receivers > 0}
      />
      <SourceRows campaign={campaign.id} files={files} />
      <section aria-labelledby="receivers">
        <Group gap="xs" mb="xs" align="baseline">
          <Title order={2} fz="md" id="receivers" tabIndex={-1} style={{ outline: 'none' }}>
            <Trans>People in this campaign</Trans>
          </Title>
          <Text c="dimmed" aria-label={t`Number of receivers`}>
            <Count value={receivers} />
          </Text>
        </Group>
        <ReceiversPanel campaign={campaign} channels={fields.channels} files={files} switching={switching} />
      </section>
      <FileDrawer files={files} />
    </Stack>
  );
}
