import { Trans, useLingui } from '@lingui/react/macro';

import type { Schemas } from '../api';
import { Box, Count, Progress, Text } from '../ui';

/** How many calls of the day are used up, if there is a limit. */
export function DailyUse({ transport }: { transport: Schemas['Transport'] }) {
  const { t } = useLingui();
  const { limits, used_today } = transport;
  const perSecond = limits.per_second;
  if (limits.per_day == null) {
    return (
      <Text size="sm" c="dimmed">
        {perSecond == null ? (
          <Trans>No limits set</Trans>
        ) : (
          <Trans>
            Up to <Count value={perSecond} /> per second; no daily limit
          </Trans>
        )}
      </Text>
    );
  }
  const used = used_today ?? 0;
  const share = Math.min(100, (100 * used) / limits.per_day);
  return (
    <Box>
      <Progress value={share} size="sm" color={share >= 90 ? 'orange.8' : undefined} aria-label={t`Used today`} />
      <Text size="sm" c="dimmed" mt={4}>
        <Trans>
          <Count value={used} /> of <Count value={limits.per_day} /> used today
        </Trans>
        {perSecond != null && (
          <>
            {' · '}
            <Trans>
              up to <Count value={perSecond} /> per second
            </Trans>
          </>
        )}
      </Text>
    </Box>
  );
}
