import { Trans } from '@lingui/react/macro';

import { Text } from '../../ui';
import type { Rule } from './layout';
import { useListed } from './listed';

/** Which fields belong together, in a sentence each. */
export function Rules({ rules }: { rules: Rule[] }) {
  const { all, any } = useListed();
  return rules.map(({ groups, required }) => {
    const named = groups.map((group) => all(group.map(({ field }) => field.label)));
    const names = any(named);
    return (
      <Text key={names} size="sm" c="dimmed">
        {required ? (
          <Trans>Fill in at least one: {names}.</Trans>
        ) : (
          <Trans>Fill in all of these or none: {names}.</Trans>
        )}
      </Text>
    );
  });
}
