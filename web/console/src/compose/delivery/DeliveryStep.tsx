import { Trans, useLingui } from '@lingui/react/macro';

import type { Schemas } from '../../api';
import { priorities } from '../../campaigns/words';
import { SegmentedControl, Stack, Text, TextInput } from '../../ui';
import { ChannelChoice } from '../ChannelChoice';
import { useComposed } from '../draft/useDraft';
import { AdvancedDelivery } from './AdvancedDelivery';

/** Step 1: how the campaign is called and sent. */
export function DeliveryStep() {
  const { t, i18n } = useLingui();
  const { fields, edit, problem } = useComposed();
  return (
    <Stack gap="lg">
      <TextInput
        id="campaign-name"
        label={t`Name of the campaign`}
        description={t`For you and your colleagues. Receivers do not see it.`}
        size="md"
        maxLength={200}
        value={fields.name}
        onChange={(event) => edit({ name: event.currentTarget.value })}
        error={fields.name.trim() === '' ? t`Give the campaign a name` : problem?.of('name')}
      />
      <ChannelChoice
        value={fields.channels}
        onChange={(channels) => edit({ channels })}
        error={problem?.of('channels')}
      />
      <div>
        <Text fw={600} id="campaign-priority">
          <Trans>Priority</Trans>
        </Text>
        <Text size="xs" c="dimmed" mb={6}>
          <Trans>If several campaigns are sent at the same time, the one with the higher priority goes first.</Trans>
        </Text>
        <SegmentedControl
          aria-labelledby="campaign-priority"
          value={fields.priority}
          onChange={(priority) => edit({ priority: priority as Schemas['Priority'] })}
          data={Object.entries(priorities).map(([value, title]) => ({ value, label: i18n._(title) }))}
        />
      </div>
      <AdvancedDelivery value={fields} onChange={edit} problem={problem} />
    </Stack>
  );
}
