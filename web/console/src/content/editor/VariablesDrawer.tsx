import { Trans, useLingui } from '@lingui/react/macro';

import type { Problem, Schemas } from '../../api';
import { ActionIcon, Button, Checkbox, Drawer, Group, Icon, Paper, SimpleGrid, Stack, Text, TextInput } from '../../ui';
import { shownValue } from './placeholders';

type Variable = Schemas['Variable'];
type Props = {
  opened: boolean;
  onClose: () => void;
  variables: Variable[];
  onChange: (variables: Variable[]) => void;
  problem: Problem | null;
};

/** The placeholders of a document: what they mean, what the preview shows, and what stands in for a missing value. */
export function VariablesDrawer({ opened, onClose, variables, onChange, problem }: Props) {
  const { t } = useLingui();
  const set = (at: number, changed: Partial<Variable>) =>
    onChange(variables.map((it, place) => (place === at ? withoutGaps({ ...it, ...changed }) : it)));
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      title={t`Placeholders`}
      size="lg"
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          <Trans>
            Their values come from each receiver, for example from the columns of a file. A receiver without a value
            gets no message unless there is a fallback.
          </Trans>
        </Text>
        {variables.map((it, at) => {
          const error = (name: string) => problem?.of(`content.variables[${at}].${name}`);
          const name = it.path === '' ? t`unnamed placeholder` : it.path;
          return (
            // A path is being typed here, so it cannot be the key.
            // oxlint-disable-next-line react/no-array-index-key
            <Paper key={at} withBorder p="sm" role="group" aria-label={name}>
              <Group align="flex-start" wrap="nowrap" gap={6}>
                <Stack gap={8} style={{ flex: 1, minWidth: 0 }}>
                  <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs">
                    <TextInput
                      label={t`Name`}
                      placeholder="account.balance"
                      value={it.path}
                      data-autofocus={it.path === '' ? true : undefined}
                      onChange={(event) => set(at, { path: event.currentTarget.value.trim() })}
                      error={error('path')}
                    />
                    <TextInput
                      label={t`Description`}
                      value={it.description ?? ''}
                      onChange={(event) => set(at, { description: event.currentTarget.value })}
                      error={error('description')}
                    />
                    <TextInput
                      label={t`Sample for previews`}
                      value={shownValue(it.sample) ?? ''}
                      onChange={(event) => set(at, { sample: valueOf(event.currentTarget.value) })}
                      error={error('sample')}
                    />
                    <TextInput
                      label={t`Fallback if there is no value`}
                      value={shownValue(it.default) ?? ''}
                      onChange={(event) => set(at, { default: valueOf(event.currentTarget.value) })}
                      error={error('default')}
                    />
                  </SimpleGrid>
                  {(it.default === undefined || it.default === null || it.default === '') && (
                    <Checkbox
                      size="xs"
                      label={t`May be empty`}
                      checked={it.default === ''}
                      onChange={(event) => set(at, { default: event.currentTarget.checked ? '' : undefined })}
                    />
                  )}
                </Stack>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={t`Remove ${name}`}
                  onClick={() => onChange(variables.filter((_, place) => place !== at))}
                >
                  <Icon name="trash" size={16} />
                </ActionIcon>
              </Group>
            </Paper>
          );
        })}
        {problem?.fields
          .filter(({ field }) => field === 'content.variables')
          .map((it) => (
            <Text key={it.detail} size="xs" style={{ color: 'var(--bad)' }}>
              {it.detail}
            </Text>
          ))}
        {variables.length < 100 && (
          <div>
            <Button
              variant="default"
              leftSection={<Icon name="plus" size={16} />}
              onClick={() => onChange([...variables, { path: '' }])}
            >
              <Trans>Add a placeholder</Trans>
            </Button>
          </div>
        )}
      </Stack>
    </Drawer>
  );
}

/** What begins like a list or an object and is one becomes one; everything else is text. */
function valueOf(typed: string): unknown {
  if (typed === '') return undefined;
  if (!/^\s*[[{]/.test(typed) || typed.includes('{{')) return typed;
  try {
    return JSON.parse(typed) as unknown;
  } catch {
    return typed;
  }
}

function withoutGaps(it: Variable): Variable {
  return Object.fromEntries(
    Object.entries(it).filter(([name, value]) => value !== undefined && !(name === 'description' && value === '')),
  ) as Variable;
}
