import { useLingui } from '@lingui/react/macro';
import { Skeleton, Stack } from '@mantine/core';

/** The place of something that is being read. */
export function Loading({ rows = 4 }: { rows?: number }) {
  const { t } = useLingui();
  return (
    <Stack gap="xs" role="status" aria-label={t`Loading`}>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={28} radius="sm" />
      ))}
    </Stack>
  );
}
