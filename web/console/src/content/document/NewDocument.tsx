import { useLingui } from '@lingui/react/macro';
import { type FormEvent, type ReactNode, useState } from 'react';

import type { Problem } from '../../api';
import { Button, Group, Modal, ProblemNote, Stack, TextInput } from '../../ui';

type Props = {
  opened: boolean;
  onClose: () => void;
  title: string;
  /** The verb on the button. */
  verb: string;
  /** Of the field for the name. */
  placeholder?: string;
  description?: string;
  /** Said if there is no name. */
  nameless: string;
  create: { mutate: (name: string) => void; isPending: boolean; error: Problem | null };
  /** Fields that show their own problem, besides the name. */
  shown?: string[];
  /** More fields. */
  children?: ReactNode;
};

/** Asks for the name of a new document. */
export function NewDocument({ opened, onClose, title, verb, nameless, create, shown = [], children, ...field }: Props) {
  const { t } = useLingui();
  const [name, setName] = useState('');
  const [missing, setMissing] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setMissing(name.trim() === '');
    if (name.trim() !== '') create.mutate(name.trim());
  };
  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t`Close` }}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <TextInput
            {...field}
            label={t`Name`}
            data-autofocus
            value={name}
            onChange={(event) => {
              setName(event.currentTarget.value);
              setMissing(false);
            }}
            error={missing ? nameless : create.error?.of('name')}
          />
          {children}
          <ProblemNote problem={create.error} shown={['name', ...shown]} />
          <Group justify="flex-end">
            <Button type="submit" loading={create.isPending}>
              {verb}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
