import { Trans, useLingui } from '@lingui/react/macro';

import { ButtonLink, EmptyState, Page } from '../ui';

/** An address that no page has, or a document that does not exist. */
export function NotFound() {
  const { t } = useLingui();
  return (
    <Page title={t`Page not found`}>
      <EmptyState
        icon="question"
        title={t`There is nothing at this address`}
        action={
          <ButtonLink to="/">
            <Trans>Go to the home page</Trans>
          </ButtonLink>
        }
      >
        <Trans>It may have been deleted, or the address may be incomplete.</Trans>
      </EmptyState>
    </Page>
  );
}
