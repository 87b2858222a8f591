import { ActionIcon, Menu } from '@mantine/core';
import { type ReactNode, useState } from 'react';

import { Icon } from './Icon';

type Props = {
  label: string;
  /** The `Menu.Item`s. */
  children: ReactNode;
};

/** What one can do with a row of a table. The menu is made when it is first opened: a long table has many rows. */
export function RowMenu({ label, children }: Props) {
  const [opened, setOpened] = useState<boolean | undefined>();
  const button = (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={label}
      aria-haspopup="menu"
      aria-expanded={opened ?? false}
      onClick={opened === undefined ? () => setOpened(true) : undefined}
    >
      <Icon name="more" />
    </ActionIcon>
  );
  if (opened === undefined) return button;
  return (
    <Menu position="bottom-end" opened={opened} onChange={setOpened}>
      <Menu.Target>{button}</Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}
