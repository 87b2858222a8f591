import { Plural, Trans, useLingui } from '@lingui/react/macro';

import type { Schemas } from '../../api';
import { Banner, Box, Checkbox, List, Text, TextLink } from '../../ui';
import { partTitle } from '../draft/partWords';
import { entriesOf, type Entry, mendedAt } from './findings';

type Finding = Schemas['PreflightFinding'];

type Props = {
  campaign: string;
  findings: Finding[];
  accepted: boolean;
  onAccept: (accepted: boolean) => void;
};

/** What prevents sending, each with the way to mend it, and what one should know before it. */
export function Findings({ campaign, findings, accepted, onAccept }: Props) {
  const { t, i18n } = useLingui();
  const blocking = entriesOf(i18n, findings, 'blocking');
  const warnings = entriesOf(i18n, findings, 'warning');
  return (
    <>
      {blocking.length > 0 && (
        <div id="blocking" tabIndex={-1}>
          <Banner
            tone="bad"
            title={<Plural value={blocking.length} one="# problem to fix first" other="# problems to fix first" />}
          >
            <Entries campaign={campaign} entries={blocking} verb={t`Fix it`} />
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
          <Entries campaign={campaign} entries={warnings} verb={t`Change it`} />
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

type EntriesProps = { campaign: string; entries: Entry[]; verb: string };

/** Many entries scroll in their place, so that the button to send stays in sight. */
function Entries({ campaign, entries, verb }: EntriesProps) {
  const { t, i18n } = useLingui();
  const where = ({ parts, first }: Entry) => {
    // Its sentence says that it is about the email.
    const said = first.code === 'missing_unsubscribe' && parts.length === 1 && parts[0] === 'content.email';
    return said || parts.length === 0 ? '' : `${parts.map((it) => partTitle(i18n, it)).join(', ')}: `;
  };
  const list = (
    <List size="sm" spacing={6} mt={4} pr="xs" listStyleType={entries.length === 1 ? 'none' : undefined}>
      {entries.map((it) => (
        <List.Item key={it.text}>
          <Text component="span" size="sm">
            {where(it)}
            {it.text}
          </Text>{' '}
          <TextLink to={mendedAt(campaign, it.first)} underline="always">
            {verb}
          </TextLink>
        </List.Item>
      ))}
    </List>
  );
  if (entries.length <= 3) return list;
  return (
    <Box mah={260} style={{ overflow: 'auto' }} tabIndex={0} role="region" aria-label={t`Found by the check`}>
      {list}
    </Box>
  );
}
