import { Trans, useLingui } from '@lingui/react/macro';

import { Button, Group, Text, useHotkeys, When } from '../../ui';
import type { Edited } from './useDocument';

type Props = {
  document: { version: number; updated_at: string };
  edited: Pick<Edited<never, object>, 'isChanged' | 'isSaving' | 'save' | 'discard'>;
};

/** Saves a document, and says whether there is anything to save. */
export function SaveButton({ document, edited }: Props) {
  const { t } = useLingui();
  useHotkeys([['mod+S', () => void edited.save()]], []);
  return (
    <Group gap="xs">
      <Text size="xs" c="dimmed" role="status">
        {edited.isChanged ? (
          <Trans>Not saved yet</Trans>
        ) : (
          <Trans>
            Version {document.version}, saved <When at={document.updated_at} />
          </Trans>
        )}
      </Text>
      {edited.isChanged && (
        <Button variant="subtle" color="gray" onClick={edited.discard}>
          <Trans>Undo changes</Trans>
        </Button>
      )}
      <Button
        variant={edited.isChanged ? 'filled' : 'default'}
        loading={edited.isSaving}
        title={edited.isChanged ? t`Save (Ctrl S)` : t`There is nothing to save`}
        onClick={() => void edited.save()}
      >
        <Trans>Save</Trans>
      </Button>
    </Group>
  );
}
