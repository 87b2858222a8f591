import { Trans, useLingui } from '@lingui/react/macro';

import { CopyText, Section, Text } from '../ui';

/** Where the vendor reports deliveries and replies, and what has to be done at the vendor for it. */
export function CallbackAddress({ url, todo }: { url: string; todo: string | undefined }) {
  const { t } = useLingui();
  return (
    <Section title={t`Callback address`} about={<Trans>Where the provider sends its reports about messages.</Trans>}>
      {todo !== undefined && <Text>{todo}</Text>}
      <CopyText value={url} label={t`the callback address`} />
      <Text size="sm" c="dimmed">
        <Trans>Keep it secret: anyone who knows it can send reports in the provider’s name.</Trans>
      </Text>
    </Section>
  );
}
