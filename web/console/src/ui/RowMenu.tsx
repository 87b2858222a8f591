import { useLingui } from '@lingui/react/macro';
import { ActionIcon, type ActionIconProps, Menu } from '@mantine/core';
import { type ReactNode, useState } from 'react';

import { Icon } from './Icon';

type Props = {
  /** The `Menu.Item`s. */
  children: ReactNode;
  /** Whether one of them is being done. */
  loading?: boolean;
};

/** What one can do with a row of a table. */
export function RowMenu({ label, ...rest }: Props & { label: string }) {
  return <Dots label={label} variant="subtle" color="gray" {...rest} />;
}

/** What one can do with what a page shows, besides its buttons. */
export function PageMenu({ label, ...rest }: Props & { label?: string }) {
  const { t } = useLingui();
  return <Dots label={label ?? t`More actions`} variant="default" size={36} {...rest} />;
}

/** Three dots with a menu, which is made when it is first opened: a long table has many rows. */
function Dots({ label, loading, children, ...look }: Props & { label: string } & ActionIconProps) {
  const [opened, setOpened] = useState<boolean | undefined>();
  const button = (
    <ActionIcon
      {...look}
      loading={loading}
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
