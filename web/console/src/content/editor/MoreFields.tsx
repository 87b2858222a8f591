import { Trans } from '@lingui/react/macro';
import { type ReactNode, useId } from 'react';

import { Icon, Stack, Text, UnstyledButton, useParam } from '../../ui';
import classes from './editor.module.css';

type Props = {
  /** What is set inside, in a line. */
  about: string;
  /** Whether something inside has to be corrected: then it cannot be closed. */
  forced: boolean;
  children: ReactNode;
};

/** Fields that are seldom needed, behind a line that says what is set in them. */
export function MoreFields({ about, forced, children }: Props) {
  const [open, setOpen] = useParam('more');
  const id = useId();
  const shown = forced || open !== '';
  return (
    <div>
      <UnstyledButton
        className={classes.more}
        aria-expanded={shown}
        aria-controls={shown ? id : undefined}
        onClick={() => setOpen(open === '' ? 'open' : undefined)}
      >
        <Icon name={shown ? 'down' : 'next'} size={14} />
        <Text component="strong" size="sm" fw={600}>
          <Trans>More</Trans>
        </Text>
        {!shown && <span>{about}</span>}
      </UnstyledButton>
      {shown && (
        <Stack id={id} gap="sm" pt={4} pb="xs">
          {children}
        </Stack>
      )}
    </div>
  );
}
