import { Trans, useLingui } from '@lingui/react/macro';

import type { Schemas } from '../../api';
import { Button, Group, Icon, type IconName, Paper, useParam } from '../../ui';
import { ByHand } from './ByHand';
import { FromFile } from './FromFile';
import { Paste } from './Paste';

type Way = 'hand' | 'paste' | 'file';

type Props = {
  campaign: Schemas['Campaign'];
  /** The placeholders that the message declares. */
  variables: Schemas['Variable'][];
  /** Whether there are receivers already. */
  again: boolean;
};

/** The ways to add people. Which one is open stands in the address. */
export function AddReceivers({ campaign, variables, again }: Props) {
  const { t } = useLingui();
  const [way, setWay] = useParam('add');
  const ways: { way: Way; icon: IconName; title: string }[] = [
    { way: 'file', icon: 'imports', title: t`From a CSV file` },
    { way: 'paste', icon: 'copy', title: t`Paste addresses` },
    { way: 'hand', icon: 'people', title: t`By hand` },
  ];
  const names = [...new Set(variables.map((it) => it.path.split('.')[0] ?? it.path))];
  return (
    <section aria-label={t`Add receivers`}>
      <Group gap="xs" id="add-receivers">
        {ways.map((it) => (
          <Button
            key={it.way}
            variant={way === it.way ? 'light' : 'default'}
            leftSection={<Icon name={it.icon} size={16} />}
            aria-expanded={way === it.way}
            onClick={() => setWay(way === it.way ? '' : it.way)}
          >
            {it.title}
          </Button>
        ))}
      </Group>
      {way !== '' && (
        <Paper withBorder p="md" mt="xs">
          {way === 'hand' && <ByHand campaign={campaign.id} names={names} />}
          {way === 'paste' && <Paste campaign={campaign.id} />}
          {way === 'file' && <FromFile campaign={campaign.id} again={again} onStarted={() => setWay('')} />}
        </Paper>
      )}
      {way === '' && !again && (
        <p style={{ margin: '8px 0 0', color: 'var(--mantine-color-dimmed)' }}>
          <Trans>The first line of a file must name its columns, for example: first name, email, mobile.</Trans>
        </p>
      )}
    </section>
  );
}
