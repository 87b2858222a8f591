import { useLingui } from '@lingui/react';

import type { Schemas } from '../api';
import { Group, Icon, Status, Tooltip } from '../ui';
import { channels, fates, states, statuses } from './words';

export function CampaignMark({ status }: { status: Schemas['CampaignStatus'] }) {
  const { i18n } = useLingui();
  const { title, tone, icon } = statuses[status];
  return (
    <Status tone={tone} icon={icon}>
      {i18n._(title)}
    </Status>
  );
}

export function StateMark({ state }: { state: Schemas['DeliveryState'] }) {
  const { i18n } = useLingui();
  const { title, tone, icon } = states[state];
  return (
    <Status tone={tone} icon={icon}>
      {i18n._(title)}
    </Status>
  );
}

export function FateMark({ fate }: { fate: Schemas['DeliveryStatus'] }) {
  const { i18n } = useLingui();
  const { title, tone, icon } = fates[fate];
  return (
    <Status tone={tone} icon={icon}>
      {i18n._(title)}
    </Status>
  );
}

/** A channel's picture with its name. */
export function ChannelMark({ channel }: { channel: Schemas['Channel'] }) {
  const { i18n } = useLingui();
  const { title, icon } = channels[channel];
  return (
    <Group gap={6} wrap="nowrap" component="span" style={{ display: 'inline-flex', verticalAlign: 'middle' }}>
      <Icon name={icon} size={16} />
      {i18n._(title)}
    </Group>
  );
}

/** The names of several channels. */
export function ChannelNames({ of }: { of: Schemas['Channel'][] }) {
  const { i18n } = useLingui();
  return <>{of.map((it) => i18n._(channels[it].title)).join(', ')}</>;
}

/** The pictures of several channels in the width of a cell, with their names for those who point at or hear them. */
export function ChannelMarks({ of }: { of: Schemas['Channel'][] }) {
  const { i18n } = useLingui();
  const names = of.map((it) => i18n._(channels[it].title)).join(', ');
  return (
    <Tooltip label={names}>
      <Group
        gap={6}
        wrap="nowrap"
        component="span"
        style={{ display: 'inline-flex', verticalAlign: 'middle' }}
        role="img"
        aria-label={names}
      >
        {of.map((it) => (
          <Icon key={it} name={channels[it].icon} size={16} />
        ))}
      </Group>
    </Tooltip>
  );
}
