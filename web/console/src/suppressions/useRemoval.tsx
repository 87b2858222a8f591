import { Trans, useLingui } from '@lingui/react/macro';

import { api, call, type Schemas, useAction } from '../api';
import { channels } from '../campaigns/words';
import { notify, Text, useConfirm } from '../ui';
import { sources } from './words';

type Suppression = Schemas['Suppression'];

/** Removes a suppression, after saying what that means. */
export function useRemoval(onRemoved?: () => void) {
  const { t, i18n } = useLingui();
  const ask = useConfirm();
  const removal = useAction(
    ({ channel, address }: Suppression) => call(api.POST('/v1/suppressions/remove', { body: { channel, address } })),
    {
      refresh: ['/v1/suppressions'],
      onDone: (_, { address }) => {
        notify(t`${address} can get messages again.`);
        onRemoved?.();
      },
    },
  );
  const remove = async (suppression: Suppression) => {
    const channel = i18n._(channels[suppression.channel].title);
    const sure = await ask({
      title: t`Write to this address again?`,
      text: (
        <>
          <Text fw={600} dir="auto" className="clip">
            {suppression.address}
          </Text>
          <Text mt="xs">{i18n._(sources[suppression.source].onRemove)}</Text>
          <Text mt="xs">
            <Trans>
              From then on, it gets messages on {channel} from every campaign, including those that are being sent. The
              date of the suppression and its reason are deleted.
            </Trans>
          </Text>
        </>
      ),
      verb: t`Remove the suppression`,
      grave: suppression.source !== 'operator',
    });
    if (sure) removal.mutate(suppression);
  };
  return { remove, problem: removal.error, busy: removal.isPending };
}
