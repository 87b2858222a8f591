import { Trans, useLingui } from '@lingui/react/macro';

import { api, call, type Schemas, useAction } from '../api';
import { Stack, Switch, ProblemNote, useConfirm } from '../ui';

/** Switches an account on or off. */
export function EnabledSwitch({ transport }: { transport: Schemas['Transport'] }) {
  const { t } = useLingui();
  const ask = useConfirm();
  const change = useAction(
    (enabled: boolean) =>
      call(
        api.PATCH('/v1/transports/{transport}', {
          params: { path: { transport: transport.id } },
          body: { enabled },
        }),
      ),
    { refresh: ['/v1/transports'] },
  );
  const set = async (enabled: boolean) => {
    const sure =
      enabled ||
      !transport.in_use ||
      (await ask({
        title: t`Switch ${transport.id} off?`,
        text: (
          <Trans>
            Within a minute nothing more is sent through it. If no other account takes its place, campaigns on this
            channel wait until there is one.
          </Trans>
        ),
        verb: t`Switch off`,
      }));
    if (sure) change.mutate(enabled);
  };
  const shown = change.isPending ? change.variables : transport.enabled;
  return (
    <Stack gap="xs" align="flex-end">
      <Switch
        checked={shown}
        onChange={(event) => void set(event.currentTarget.checked)}
        label={t`Send through this account`}
        labelPosition="left"
      />
      <ProblemNote problem={change.error} />
    </Stack>
  );
}
