import { Trans, useLingui } from '@lingui/react/macro';
import { Button, List, Text } from '@mantine/core';

import type { Problem } from '../api/problem';
import { Banner } from './Banner';
import { CopyText } from './CopyText';

type Props = {
  problem: Problem | null | undefined;
  /** Fields that show their own problem. */
  shown?: string[];
  retry?: () => void;
};

/** What the API refused and why, with the id of the request for whoever is asked for help. */
export function ProblemNote({ problem, shown = [], retry }: Props) {
  const { t } = useLingui();
  if (problem == null) return null;
  const rest = problem.fields.filter(({ field }) => !shown.some((it) => field === it || field.startsWith(`${it}.`)));
  if (problem.fields.length > 0 && rest.length === 0) {
    return <Banner live tone="bad" title={t`Some fields need to be corrected.`} />;
  }
  const network = problem.kind === 'network';
  return (
    <Banner
      live
      tone="bad"
      title={network ? t`Carillon cannot be reached` : problem.title}
      action={
        retry !== undefined && (
          <Button size="xs" variant="default" onClick={retry}>
            <Trans>Try again</Trans>
          </Button>
        )
      }
    >
      {network ? <Trans>Check your connection. Nothing was lost.</Trans> : rest.length === 0 && problem.detail}
      {rest.length > 0 && (
        <List size="sm">
          {rest.map(({ field, code, detail }) => (
            <List.Item key={`${field} ${code}`}>
              {field}: {detail}
            </List.Item>
          ))}
        </List>
      )}
      {problem.requestId !== undefined && (
        <Text size="xs" c="dimmed" mt={4} component="div">
          <Trans>Request</Trans> <CopyText value={problem.requestId} label={t`the request id`} />
        </Text>
      )}
    </Banner>
  );
}
