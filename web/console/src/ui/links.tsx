import { Anchor, type AnchorProps, Button, type ButtonProps } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link, type LinkProps } from 'react-router';

type To = Pick<LinkProps, 'to' | 'replace' | 'state'> & { children: ReactNode };

/** A link to another page of the console. */
export function TextLink({ to, replace, state, children, ...look }: To & AnchorProps) {
  return (
    <Anchor component={Link} to={to} replace={replace} state={state} {...look}>
      {children}
    </Anchor>
  );
}

/** A link that looks like a button, for the one thing to do next. */
export function ButtonLink({ to, replace, state, children, ...look }: To & ButtonProps) {
  return (
    <Button component={Link} to={to} replace={replace} state={state} {...look}>
      {children}
    </Button>
  );
}
