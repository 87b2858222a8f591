import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';

import { get, type Schemas } from '../../api';
import { Checkbox, Code, Group, Stack, Text } from '../../ui';
import { useEditing } from './EditorContext';
import { partsOf, withSamples } from './segments';

type Props = { text: string; simplified: boolean; onSimplify: (on: boolean) => void };

/** How long a text message is, what that costs, and what makes it longer than it looks. */
export function SmsMeter({ text, simplified, onSimplify }: Props) {
  const { t, i18n } = useLingui();
  const { known } = useEditing();
  const tenant = useQuery(get('/v1/tenant'));
  const filled = withSamples(text, known);
  const parts = partsOf(filled, simplified);
  const plain = partsOf(filled, true);
  const typographic = !simplified && plain.culprits.length < parts.culprits.length;
  const price = priceOf(tenant.data?.prices, parts.count, i18n.locale);
  return (
    <Stack gap={6}>
      <Group gap="xs" role="status" aria-label={t`Length of the SMS`} className="figure">
        <Text fw={600} style={{ color: parts.count > 3 ? 'var(--warn)' : undefined }}>
          <Plural value={parts.count} one="# segment" other="# segments" />
        </Text>
        <Text c="dimmed">
          ·{' '}
          {parts.count === 1 ? (
            <Plural value={parts.left} one="# character left" other="# characters left" />
          ) : (
            <Plural value={parts.left} one="# character left in the last" other="# characters left in the last" />
          )}
        </Text>
        {price !== undefined && (
          <Text c="dimmed">
            · <Trans>{price} per person</Trans>
          </Text>
        )}
      </Group>
      {filled !== text && (
        <Text size="xs" c="dimmed">
          <Trans>Counted with sample values. A longer name can need another segment.</Trans>
        </Text>
      )}
      {parts.alphabet === 'ucs2' && (
        <Text size="sm" style={{ color: 'var(--warn)' }} component="div">
          <Trans>
            In Unicode, a segment holds 70 characters instead of 160. Caused by <Characters of={parts.culprits} />
          </Trans>
        </Text>
      )}
      {(simplified || typographic) && (
        <Checkbox
          label={t`Simplify quotes, dashes and ellipses`}
          description={
            typographic && plain.count < parts.count
              ? t`Saves ${parts.count - plain.count} of ${parts.count} segments.`
              : undefined
          }
          checked={simplified}
          onChange={(event) => onSimplify(event.currentTarget.checked)}
        />
      )}
    </Stack>
  );
}

function Characters({ of }: { of: string[] }) {
  return (
    <>
      {of.slice(0, 8).map((it) => (
        <Code key={it} mr={4}>
          {it}
        </Code>
      ))}
      {of.length > 8 && '…'}
    </>
  );
}

/** What a message of some segments costs by the tenant's price list: from the cheapest number to the dearest. */
function priceOf(prices: Schemas['PriceList'] | null | undefined, segments: number, locale: string) {
  const tariffs = prices?.tariffs.filter((it) => it.channel === 'sms') ?? [];
  if (prices == null || tariffs.length === 0) return undefined;
  const least = Math.min(...tariffs.map((it) => Number(it.least))) * segments;
  const most = Math.max(...tariffs.map((it) => Number(it.most ?? it.least))) * segments;
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: prices.currency,
    maximumFractionDigits: 4,
  });
  return least === most ? format.format(least) : format.formatRange(least, most);
}
