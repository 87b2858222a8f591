import { Trans, useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';

import { Button, Group, Icon, type IconName, Text } from '../../ui';
import { lackText, refusalText } from './partWords';
import type { Draft } from './useDraft';

/** Whether the draft is saved, in a few quiet words. */
export function SaveState({ draft }: { draft: Draft }) {
  const { i18n } = useLingui();
  const { saving } = draft;
  switch (saving.state) {
    case 'saved': {
      const time = saving.at === undefined ? undefined : i18n.date(saving.at, { timeStyle: 'short' });
      return (
        <Quiet icon="check">
          {time === undefined ? <Trans>All changes are saved</Trans> : <Trans>Saved {time}</Trans>}
        </Quiet>
      );
    }
    case 'saving':
      return (
        <Quiet icon="clock">
          <Trans>Saving…</Trans>
        </Quiet>
      );
    case 'refused': {
      const reason = refusalText(i18n, saving.problem);
      return (
        <Quiet icon="attention" color="var(--warn)">
          <Trans>Not saved: {reason}</Trans>
        </Quiet>
      );
    }
    case 'unfinished': {
      const lack = lackText(i18n, saving.part, saving.lacked);
      return (
        <Quiet icon="pencil">
          <Trans>Kept on this device until it is finished: {lack}</Trans>
        </Quiet>
      );
    }
    case 'waiting':
      return (
        <Group gap="xs">
          <Quiet icon="attention" color="var(--warn)">
            <Trans>Not saved: Carillon is not responding. Your changes are kept here.</Trans>
          </Quiet>
          <Button size="compact-xs" variant="default" onClick={() => void draft.flush()}>
            <Trans>Save now</Trans>
          </Button>
        </Group>
      );
    default:
      return (
        <Quiet icon="attention" color="var(--warn)">
          <Trans>Not saved: somebody else changed the same thing</Trans>
        </Quiet>
      );
  }
}

function Quiet({ icon, color, children }: { icon: IconName; color?: string; children: ReactNode }) {
  return (
    <Group gap={6} wrap="nowrap" role="status" align="flex-start">
      <Icon name={icon} size={16} color={color ?? 'var(--mantine-color-dimmed)'} />
      <Text size="xs" lh="16px" style={{ color: color ?? 'var(--mantine-color-dimmed)' }} className="clip">
        {children}
      </Text>
    </Group>
  );
}
