import { Trans, useLingui } from '@lingui/react/macro';
import { type FormEvent, useRef, useState } from 'react';

import { api, call, type Schemas, useAction } from '../api';
import { Button, Group, notify, NumberInput, ProblemNote, Section, SimpleGrid, useFocusOnProblem } from '../ui';

type Limit = number | '';

/** How much the account may be used, as the vendor grants it. */
export function LimitsForm({ transport }: { transport: Schemas['Transport'] }) {
  const { t } = useLingui();
  const form = useRef<HTMLFormElement>(null);
  const { per_second, per_day } = transport.limits;
  const [perSecond, setPerSecond] = useState<Limit>(per_second ?? '');
  const [perDay, setPerDay] = useState<Limit>(per_day ?? '');
  const save = useAction(
    () =>
      call(
        api.PATCH('/v1/transports/{transport}', {
          params: { path: { transport: transport.id } },
          body: { per_second: perSecond === '' ? null : perSecond, per_day: perDay === '' ? null : perDay },
        }),
      ),
    { refresh: ['/v1/transports'], onDone: () => notify(t`The limits are saved. They take effect within a minute.`) },
  );
  useFocusOnProblem(form, save.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Section
      title={t`Limits`}
      about={<Trans>What the provider allows the account. Leave a field empty for no limit.</Trans>}
    >
      <form ref={form} noValidate onSubmit={submit} aria-label={t`Limits`}>
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <NumberInput
            label={t`Messages per second`}
            value={perSecond}
            onChange={(value) => setPerSecond(number(value))}
            error={save.error?.of('per_second')}
            allowDecimal={false}
            allowNegative={false}
            thousandSeparator=" "
            placeholder={t`No limit`}
          />
          <NumberInput
            label={t`Messages per day`}
            description={t`A day ends at midnight UTC. Campaigns that are not urgent leave a tenth of the limit unused.`}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            value={perDay}
            onChange={(value) => setPerDay(number(value))}
            error={save.error?.of('per_day')}
            allowDecimal={false}
            allowNegative={false}
            thousandSeparator=" "
            placeholder={t`No limit`}
          />
        </SimpleGrid>
        <ProblemNote problem={save.error} shown={['per_second', 'per_day']} />
        <Group mt="sm">
          <Button type="submit" variant="default" loading={save.isPending}>
            <Trans>Save limits</Trans>
          </Button>
        </Group>
      </form>
    </Section>
  );
}

function number(value: string | number): Limit {
  return typeof value === 'number' ? value : '';
}
