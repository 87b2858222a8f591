import { useLingui } from '@lingui/react/macro';
import { useSyncExternalStore } from 'react';

import { Banner, Box } from '../ui';

function subscribe(listener: () => void) {
  addEventListener('online', listener);
  addEventListener('offline', listener);
  return () => {
    removeEventListener('online', listener);
    removeEventListener('offline', listener);
  };
}

/** A bar while the browser has no network. */
export function Offline() {
  const { t } = useLingui();
  const online = useSyncExternalStore(subscribe, () => navigator.onLine);
  if (online) return null;
  return (
    <Box mb="md">
      <Banner live tone="warn" title={t`You are offline`}>
        {t`What you write is kept here and saved when you are back online.`}
      </Banner>
    </Box>
  );
}
