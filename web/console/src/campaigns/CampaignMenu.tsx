import { Trans, useLingui } from '@lingui/react/macro';

import { api, call, ifMatch, type Schemas, useAction } from '../api';
import { Icon, Menu, notify, ProblemNote, useConfirm, RowMenu } from '../ui';
import { useDuplicate } from './duplicating';

/** What can be done with a campaign from a list. */
export function CampaignMenu({ campaign }: { campaign: Schemas['CampaignSummary'] }) {
  const { t } = useLingui();
  const confirm = useConfirm();
  const duplicate = useDuplicate();
  const remove = useAction(
    () =>
      call(
        api.DELETE('/v1/campaigns/{campaign}', {
          params: { path: { campaign: campaign.id }, header: ifMatch(campaign) },
        }),
      ),
    { refresh: ['/v1/campaigns'], onDone: () => notify(t`The draft is deleted.`) },
  );
  const ask = async () => {
    const text = (
      <Trans>
        <b className="clip">{campaign.name}</b> and its receivers will be deleted. This cannot be undone.
      </Trans>
    );
    if (await confirm({ title: t`Delete this draft?`, text, verb: t`Delete`, grave: true })) remove.mutate();
  };
  return (
    <>
      <RowMenu label={t`Actions for ${campaign.name}`} loading={duplicate.isPending || remove.isPending}>
        <Menu.Item leftSection={<Icon name="copy" size={16} />} onClick={() => duplicate.mutate(campaign.id)}>
          <Trans>Duplicate</Trans>
        </Menu.Item>
        {campaign.status === 'draft' && (
          <Menu.Item leftSection={<Icon name="trash" size={16} />} color="var(--bad)" onClick={() => void ask()}>
            <Trans>Delete</Trans>
          </Menu.Item>
        )}
      </RowMenu>
      <ProblemNote problem={duplicate.error ?? remove.error} />
    </>
  );
}
