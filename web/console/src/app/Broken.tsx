import { Trans, useLingui } from '@lingui/react/macro';
import { useRouteError } from 'react-router';

import { Banner, Button, Page } from '../ui';

/** A page that could not be shown: a fault of the console, or a file of an older version that is gone after a deployment. */
export function Broken() {
  const { t } = useLingui();
  const error = useRouteError();
  return (
    <Page title={t`This page could not be shown`}>
      <Banner
        live
        tone="bad"
        title={t`Something went wrong in the console`}
        action={
          <Button size="xs" variant="default" onClick={() => location.reload()}>
            <Trans>Reload the page</Trans>
          </Button>
        }
      >
        <Trans>If the console was just updated, reloading the page helps. Nothing was sent or changed.</Trans>
        <br />
        {error instanceof Error ? error.message : null}
      </Banner>
    </Page>
  );
}
