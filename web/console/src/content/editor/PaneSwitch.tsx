import { useLingui } from '@lingui/react/macro';

import { SegmentedControl, useParam } from '../../ui';

type Pane = 'fields' | 'preview';

/** Which of the two is on a narrow screen; kept in the address. */
export function usePane(): [Pane, (pane: Pane) => void] {
  const [pane, setPane] = useParam('pane');
  return [pane === 'preview' ? pane : 'fields', (it) => setPane(it === 'preview' ? it : undefined)];
}

/** Chooses between the fields and the preview, where there is no room for both. */
export function PaneSwitch({ value, onChange, mb }: { value: Pane; onChange: (pane: Pane) => void; mb?: string }) {
  const { t } = useLingui();
  return (
    <SegmentedControl
      fullWidth
      mb={mb}
      aria-label={t`View mode`}
      value={value}
      onChange={(it) => onChange(it as Pane)}
      data={[
        { value: 'fields', label: t`Write` },
        { value: 'preview', label: t`Preview` },
      ]}
    />
  );
}
