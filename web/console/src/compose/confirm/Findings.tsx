import { Plural, Trans, useLingui } from '@lingui/react/macro';

import type { Schemas } from '../../api';
import { Banner, Box, Checkbox, List, Text, TextLink } from '../../ui';
import { partTitle } from '../draft/partWords';
import { findingText, mendedAt, partOf } from './findings';

type Finding = Schemas['PreflightFinding'];

type Props = {
  campaign: string;
  findings: Finding[];
  accepted: boolean;
  onAccept: (accepted: boolean) => void;
};

/** What prevents sending, each with the way to mend it, and what one should know before it. */
export function Findings({ campaign, findings, accepted, onAccept }: Props) {
  const { t } = useLingui();
  const blocking = findings.filter((it) => it.severity === 'blocking');
  const warnings = findings.filter((it) => it.severity === 'warning');
  return (
    <>
      {blocking.length > 0 && (
        <div id="blocking" tabIndex={-1}>
          <Banner
            tone="bad"
            title={<Plural value={blocking.length} one="# problem to fix first" other="# problems to fix first" />}
          >
            <Entries campaign={campaign} findings={blocking} verb={t`Fix it`} />
          </Banner>
        </div>
      )}
      {warnings.length > 0 && (
        <Banner
          tone="warn"
          title={
            accepted ? (
              <Plural value={warnings.length} one="# warning accepted" other="# warnings accepted" />
            ) : (
              <Plural value={warnings.length} one="# warning to accept" other="# warnings to accept" />
            )
          }
        >
          <Entries campaign={campaign} findings={warnings} verb={t`Change it`} />
          <Checkbox
            id="accept-warnings"
            mt="sm"
            checked={accepted}
            onChange={(event) => onAccept(event.currentTarget.checked)}
            label={
              <Plural
                value={warnings.length}
                one="I have read the warning and want to send anyway"
                other="I have read the warnings and want to send anyway"
              />
            }
          />
        </Banner>
      )}
      {findings.length === 0 && <Banner tone="ok" title={<Trans>No problems found</Trans>} />}
    </>
  );
}

/** Many warnings scroll in their place, so that the button to send stays in sight. */
function Entries({ campaign, findings, verb }: { campaign: string; findings: Finding[]; verb: string }) {
  const { t, i18n } = useLingui();
  const where = (finding: Finding) => {
    const part = partOf(finding);
    return part === undefined ? '' : `${partTitle(i18n, part)}: `;
  };
  const list = (
    <List size="sm" spacing={6} mt={4} pr="xs" listStyleType={findings.length === 1 ? 'none' : undefined}>
      {findings.map((it) => (
        <List.Item key={`${it.code} ${it.field} ${it.channel} ${it.detail}`}>
          <Text component="span" size="sm">
            {where(it)}
            {findingText(i18n, it)}
          </Text>{' '}
          <TextLink to={mendedAt(campaign, it)} underline="always">
            {verb}
          </TextLink>
        </List.Item>
      ))}
    </List>
  );
  if (findings.length <= 3) return list;
  return (
    <Box mah={300} style={{ overflow: 'auto' }} tabIndex={0} role="region" aria-label={t`Found by the check`}>
      {list}
    </Box>
  );
}
