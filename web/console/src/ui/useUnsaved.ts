import { useLingui } from '@lingui/react/macro';
import { useCallback, useEffect, useRef } from 'react';
import { useBlocker } from 'react-router';

import { useConfirm } from './confirm';

/**
 * Asks before the person leaves a form with changes that were not saved. Returns a function that lets the next navigation
 * pass, for the page that opens after saving.
 */
export function useUnsaved(dirty: boolean): () => void {
  const { t } = useLingui();
  const ask = useConfirm();
  const pass = useRef(false);
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => dirty && !pass.current && currentLocation.pathname !== nextLocation.pathname,
  );
  useEffect(() => {
    if (!dirty) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [dirty]);
  useEffect(() => {
    if (blocker.state !== 'blocked') return;
    void ask({
      title: t`Leave without saving?`,
      text: t`Your changes are not saved and will be lost.`,
      verb: t`Leave`,
      grave: true,
    }).then((yes) => (yes ? blocker.proceed() : blocker.reset()));
    // Asked once for each attempt to leave.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [blocker.state]);
  return useCallback(() => {
    pass.current = true;
  }, []);
}
