import { Trans, useLingui } from '@lingui/react/macro';
import { useNavigate } from 'react-router';

import { api, call, type Schemas, useAction } from '../api';
import { channels } from '../campaigns/words';
import { Banner, Button, ButtonLink, Group, Icon, notify, ProblemNote, Section, useConfirm } from '../ui';

/** Deletes an account, unless routes lead to it. */
export function DeleteTransport({ transport }: { transport: Schemas['Transport'] }) {
  const { t, i18n } = useLingui();
  const ask = useConfirm();
  const navigate = useNavigate();
  const remove = useAction(
    () => call(api.DELETE('/v1/transports/{transport}', { params: { path: { transport: transport.id } } })),
    {
      // Not the account itself, which is gone.
      refresh: ['/v1/routes'],
      onDone: () => {
        notify(t`${transport.id} was deleted.`);
        void navigate('/transports', { replace: true });
      },
    },
  );
  const channel = i18n._(channels[transport.channel].title);
  const act = async () => {
    const sure = await ask({
      title: t`Delete ${transport.id}?`,
      text: transport.in_use ? (
        <Trans>
          Messages on {channel} go through it now. Within a minute, they no longer will; if there is no other account,
          campaigns wait until one is set up. Its credentials are deleted, and reports about messages that it sent are
          ignored. To keep those, switch it off instead.
        </Trans>
      ) : (
        <Trans>
          Its credentials are deleted, and reports about messages that it sent are ignored. To keep those, switch it off
          instead.
        </Trans>
      ),
      verb: t`Delete`,
      grave: true,
    });
    if (sure) remove.mutate();
  };
  return (
    <Section
      title={t`Delete`}
      about={<Trans>Its credentials are deleted, too. This cannot be undone.</Trans>}
      action={
        <Button
          variant="default"
          leftSection={<Icon name="trash" size={16} />}
          loading={remove.isPending}
          onClick={() => void act()}
        >
          <Trans>Delete the account</Trans>
        </Button>
      }
    >
      {remove.error?.kind === 'transport-in-use' ? (
        <Banner
          live
          tone="bad"
          title={t`It cannot be deleted yet`}
          action={
            <ButtonLink to={`/routes#${transport.channel}`} size="xs" variant="default">
              <Trans>Change the routes</Trans>
            </ButtonLink>
          }
        >
          <Trans>The routes of {channel} use it. Remove it from them first.</Trans>
        </Banner>
      ) : (
        remove.error !== null && (
          <Group>
            <ProblemNote problem={remove.error} />
          </Group>
        )
      )}
    </Section>
  );
}
