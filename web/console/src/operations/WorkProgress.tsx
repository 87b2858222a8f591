import { Trans, useLingui } from '@lingui/react/macro';

import type { Schemas } from '../api';
import { Box, Count, Progress, Text } from '../ui';

/** How far running work is. */
export function WorkProgress({ work }: { work: Schemas['Job'] }) {
  const { t } = useLingui();
  const { done, total } = work.progress;
  if (work.status !== 'running') return null;
  return (
    <Box maw={320}>
      {total != null && total > 0 && (
        <Progress value={Math.min(100, (100 * done) / total)} size="sm" aria-label={t`Progress`} />
      )}
      <Text size="sm" c="dimmed">
        {total == null ? (
          <Trans>
            <Count value={done} /> so far
          </Trans>
        ) : (
          <Trans>
            <Count value={done} /> of <Count value={total} />
          </Trans>
        )}
      </Text>
    </Box>
  );
}
