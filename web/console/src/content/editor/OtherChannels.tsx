import { Trans, useLingui } from '@lingui/react/macro';
import { Link } from 'react-router';

import { Button, Icon, Menu } from '../../ui';
import type { Part } from './versions';
import { partWords, portalWords } from './words';

type Props = { portal: Part[]; onShow: (part: Part) => void; channelsAt: string | undefined };

/** The way to what is not written yet: other channels, and the notices of the portal. */
export function OtherChannels({ portal, onShow, channelsAt }: Props) {
  const { t, i18n } = useLingui();
  if (portal.length === 0 && channelsAt === undefined) return null;
  return (
    <Menu position="bottom-start" width={300}>
      <Menu.Target>
        <Button variant="subtle" size="compact-sm" rightSection={<Icon name="down" size={12} />}>
          <Trans>Other channels</Trans>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {channelsAt !== undefined && (
          <Menu.Item component={Link} to={channelsAt} leftSection={<Icon name="compose" size={16} />}>
            <Trans>Choose the channels</Trans>
          </Menu.Item>
        )}
        {portal.length > 0 && <Menu.Label>{t`For your portal, not sent yet`}</Menu.Label>}
        {portal.map((it) => (
          <Menu.Item key={it} leftSection={<Icon name={partWords[it].icon} size={16} />} onClick={() => onShow(it)}>
            {portalWords[it] === undefined ? i18n._(partWords[it].title) : i18n._(portalWords[it])}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
